"""The release is written: its files on the target, and the plan of what it will change."""

from __future__ import annotations

from gonogo.deploy.release import env_files
from gonogo.deploy.release import records as release
from gonogo.deploy.release.formats import FORMAT
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.steps import baseline, difference
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.switch import service as switch
from gonogo.deploy.switch import shared_namespaces
from gonogo.deploy.switch.course import planned
from gonogo.deploy.switch.goal import Goal


class WriteRelease(Step):
    """Write the release's files on the target and say what it will change.

    They lie in the folder that the baseline began, and go with it. The record is the last of them: without
    one, a folder is no release.
    """

    def do(self, run: Run) -> None:
        """Write it, and plan the way to it from what runs."""
        with run.step("plan") as note:
            connection, version, files = run.connection, run.version, release.files(run.target, run.version)
            flat = run.release.files.placed
            services = env_files.of_services(flat, run.release.environment.variables, run.target)
            env_files.write(connection, run.target, version, flat, run.images, services)
            target = env_files.at(run.target, version)
            run.host.containers.refresh()
            more = shared_namespaces.override(run.release.model, run.release.running)
            pinned = switch.hashes(connection, target, files, more)
            by_name = switch.hashes(connection, target, files[:1], more)
            hashes = {name: f"{pinned.get(name, '')} {by_name.get(name, '')}" for name in run.images}
            record = _record(run, hashes)
            release.save(connection, run.target, version, release.RECORD, record)
            model = resolve(connection, target, files, run.redactor).model
            goal = Goal(version, target, record, model, fresh=True)
            run.course = planned(run, goal)
            run.made = set(run.images)
            run.once = model.one_shots()
            run.changed(run.course.changes)
            for said in run.release.moves:
                run.note(said)
            difference.tell(run)
            note.detail = run.course.told
        baseline.untouched(run)


def _record(run: Run, hashes: dict[str, str]) -> Record:
    return Record(
        format=FORMAT,
        version=run.version,
        previous=run.record.previous,
        commit=run.record.commit,
        created=release.now().isoformat(timespec="seconds"),
        project=run.target.project,
        images={name: image for name, image in run.images.items() if run.release.model.services[name].scale},
        hashes=hashes,
        env_digest=env_files.digest(run.connection, env_files.at(run.target, run.version)),
        driver=run.host.engine.driver,
    )
