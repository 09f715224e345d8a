"""The transfer: the images are brought to the target, by its method."""

from __future__ import annotations

import shlex

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import records
from gonogo.deploy.release.records import Image
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.transfer import pulling, registry, tar
from gonogo.deploy.transfer.client import Given
from gonogo.deploy.transfer.progress import TransferProgress


class Transfer(Step):
    """Bring the images to the target and prove them there by id."""

    def do(self, run: Run) -> None:
        """Send what the target lacks; the images of the run have its own ids then."""
        with run.step("transfer") as note:

            def warn(text: str) -> None:
                run.note(text)
                run.progress.warning(run.redactor(text))

            shown = run.progress
            progress = TransferProgress(shown.sent, shown.about, shown.line, warn, shown.phase)
            _fetch(run, progress)
            for name, image in run.images.items():
                if not image.id:
                    run.progress.line(f"pulling {image.name}")
                    pulling.pull(run.connection, [image.name], progress)
                    run.host.images(run.release).refresh()
                    run.images[name] = Image(name=image.name, id=run.release.images[image.name])
            there = set(run.release.images.values())
            wanted = {name: image for name, image in run.images.items() if image.id not in there}
            wanted |= {n: i for n, i in run.images.items() if run.release.model.services[n].build is not None}
            note.detail, ids = _send(run, wanted, progress)
            for name, image in run.images.items():
                run.images[name] = Image(name=image.name, id=ids.get(image.id, image.id))

    def undo(self, run: Run) -> None:
        """Remove the tags of what was sent; where it was built on the target, they are the build's."""
        if run.target.method != "on-server":
            untag(run)


def _fetch(run: Run, progress: TransferProgress) -> None:
    """Have the target pull what was built already, and lies in the registry alone."""
    services = [run.release.model.services[name] for name, image in run.images.items() if not image.id]
    names = {one.name: run.release.builds.sought(one) for one in services if one.build is not None}
    if names:
        login, host = run.release.registry.login, run.release.registry.section.host
        run.progress.line(f"pulling {', '.join(sorted(names.values()))}")
        given = Given(*login) if login else None
        found = registry.fetch(run.connection, host, names.values(), given, progress)
        run.images |= {name: Image(name=run.images[name].name, id=found[names[name]]) for name in names}


def _send(run: Run, wanted: dict[str, Image], progress: TransferProgress) -> tuple[str, dict[str, str]]:
    """Bring images to the target by the target's method.

    Returns what was sent, in one line, and the target's own ids of those images by the ids here.
    """
    target, connection = run.target, run.connection
    if target.method == "registry":
        login = run.release.registry.login
        given, host = Given(*login) if login else None, run.release.registry.section.host
        pushed = registry.send(connection, wanted, run.version, host, given, progress)
        return pushed.told, pushed.ids
    sent = tar.send(connection, wanted, run.version, progress)
    return sent.told, sent.ids


def untag(run: Run) -> None:
    """Remove the tags that gonogo gave the images of this release on the target; raises GonogoError."""
    tags = _tags(run)
    if tags:
        remove = f'case "$tag" in {tags}) docker image rm -- "$tag";; esac'
        listed = "docker images --format '{{.Repository}}:{{.Tag}}'"
        line = f"{listed} | while IFS= read -r tag; do {remove}; done >/dev/null"
        run.connection.check(line, mutates=True)


def _tags(run: Run) -> str:
    """Return what sh matches the tags of this release with that gonogo made; empty where there are none."""
    made = records.MADE.fullmatch(run.version) is not None
    if run.target.method == "on-server" and (run.images_of or (run.resumed and not made)):
        return ""  # they were there before; of a run that is resumed, nobody knows
    if made:
        return f"*:{shlex.quote(run.version)}"
    # What a person called a version may be a tag of anybody's images, too.
    try:
        names = {service.image for service in run.release.model.services.values()}
    except GonogoError:
        return ""
    return "|".join(map(shlex.quote, sorted({records.tagged(name, run.version) for name in names} - names)))
