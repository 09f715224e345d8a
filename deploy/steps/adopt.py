"""Adopting a stack that was started by hand: its files and images become a release to go back to."""

from __future__ import annotations

from gonogo.deploy.compose import command_line as compose
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import Container
from gonogo.deploy.release import env_files
from gonogo.deploy.release import records as release
from gonogo.deploy.release.formats import FORMAT
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.switch import service as switch
from gonogo.deploy.target.target import Target


class Adopt(Step):
    """Record what runs without a release of gonogo as one, and make it the release to go back to.

    Compose's labels name the files that the containers were started from. Where these still give the same
    config hashes, they are what a rollback will use; else it can restore the images but not the earlier
    configuration, and the report says so. What was adopted stays: it is what runs.
    """

    def do(self, run: Run) -> None:
        """Adopt it; nothing is done where there is a release, or nothing runs."""
        running = run.release.running
        if run.record.previous or not running:
            return
        with run.step("adopt") as note:
            version = f"adopted-{release.now():%Y%m%d-%H%M%S}"
            images = {one.service: Image(name=one.named, id=one.image) for one in running}
            hashes = with_own(_reproduced(run, version, images, running), running)
            record = Record(
                format=FORMAT,
                version=version,
                created=release.now().isoformat(timespec="seconds"),
                project=run.target.project,
                images={name: image for name, image in images.items() if name in hashes},
                hashes=hashes,
                env_digest=env_files.digest(run.connection, env_files.at(run.target, version)),
                driver=run.host.engine.driver,
            )
            release.save(run.connection, run.target, version, release.RECORD, record)
            run.record.previous = version
            note.detail = f"{len(running)} containers recorded as {version}"
        if run.journal:
            run.journal.previous = run.record.previous


def _reproduced(run: Run, version: str, images: dict[str, Image], running: list[Container]) -> dict[str, str]:
    """Write the files that would start ``running`` again, as nearly as can be; return their config hashes."""
    own = _own_files(run.connection, run.target, running)
    if own is not None:
        found = _saved(run, version, own, images)
        if not _differing(running, found):
            return found
    known = {name: image for name, image in images.items() if name in run.release.model.services}
    found = _saved(run, version, run.release.files.placed, known)
    if differing := _differing(running, found):
        run.note(
            f"{', '.join(differing)}: started by hand from a configuration that is no longer there; a "
            "rollback would restore the images with the configuration of this release"
        )
    return found


def with_own(hashes: dict[str, str], running: list[Container]) -> dict[str, str]:
    """Return the hashes of services with those of their containers, which are as they should be anyway."""
    found = {}
    for name, text in hashes.items():
        own = (one.hash for one in running if one.service == name)
        found[name] = " ".join(dict.fromkeys([*text.split(), *own]))
    return found


def _differing(running: list[Container], hashes: dict[str, str]) -> list[str]:
    return sorted(one.service for one in running if one.hash not in hashes.get(one.service, "").split())


def _saved(run: Run, version: str, text: str, images: dict[str, Image]) -> dict[str, str]:
    """Write the files of the adopted release and return the config hashes that they give, by service."""
    services = env_files.of_services(text, run.release.environment.variables, run.target)
    env_files.write(run.connection, run.target, version, text, images, services)
    target, files = env_files.at(run.target, version), release.files(run.target, version)
    try:
        pinned = switch.hashes(run.connection, target, files)
        named = switch.hashes(run.connection, target, files[:1])
    except GonogoError:
        return {}
    return {name: f"{pinned.get(name, '')} {named.get(name, '')}" for name in images}


def _own_files(connection: Connection, target: Target, running: list[Container]) -> str | None:
    """Return the compose files that the containers were started from, as one; None where they are gone."""
    listed = {one.files for one in running}
    if len(listed) != 1:
        return None
    files = [file for file in listed.pop().split(",") if file.startswith("/")]
    if not files:
        return None
    line = compose.command(target, "config", *compose.AS_WRITTEN, files=files, profiles=("*",))
    result = connection.run(line)
    return result.text if result.ok and result.text.strip() else None
