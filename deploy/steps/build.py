"""The build: images are built, and it is settled which image each service will run."""

from __future__ import annotations

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import build_context, records
from gonogo.deploy.release.plan import chosen
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.steps.transfer import untag
from gonogo.deploy.transfer import image_build, on_server


class Build(Step):
    """Build the images, on this machine or on the target; what runs now is what a failure goes back to."""

    def do(self, run: Run) -> None:
        """Build; the journal begins here, or before where a build that is cut off leaves something."""
        run.record.previous = records.current(run.connection, run.target)
        if run.target.method == "on-server":
            run.begin_journal()
        with run.step("build") as note:
            note.detail = _built(run)
        run.begin_journal()

    def undo(self, run: Run) -> None:
        """Remove the tags of what was built on the target."""
        if run.target.method == "on-server":
            untag(run)


def _built(run: Run) -> str:
    model, target = run.release.model, run.target
    if unknown := sorted(set(target.releases.run_again) - set(run.release.files.declared)):
        raise GonogoError(
            f"releases.run_again of the target file names {', '.join(unknown)}, which the compose files do "
            "not have: correct it, before a way back needs it"
        )
    building = [] if run.skip_build else model.built()
    run.redactor.add(build_context.secrets_in(target, model))  # a build prints each line of its Dockerfile
    built: dict[str, str] = {}
    there = target.method == "on-server"
    if building and there:
        built = on_server.build(run.connection, target, model, run.version, run.say)
    elif building:
        built = image_build.build(target, model, run.version, run.say)
    names = [service.image for service in model.services.values()]
    offered = run.release.builds.offered if run.skip_build else ()
    if run.skip_build:
        local = {name: one.id for name, one in run.release.builds.images.items()}
    else:
        local = run.release.images if there else image_build.local_ids(names)
    run.images |= chosen(model, built, run.release.images, local, offered)
    taken = f"nothing is built: the images of {run.images_of} are taken" if run.images_of else ""
    return f"built {', '.join(building)}" if building else taken or "nothing to build"
