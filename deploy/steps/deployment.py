"""The steps of a deployment. Each does one thing, says what it did, and raises GonogoError when it cannot."""

from __future__ import annotations

import shlex
from contextlib import nullcontext

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import records as release
from gonogo.deploy.release.plan import chosen, plan
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.steps import difference, suites
from gonogo.deploy.steps.plan_preview import preview
from gonogo.deploy.steps.run import Run
from gonogo.deploy.switch import service as switch
from gonogo.deploy.switch import shared_namespaces
from gonogo.deploy.transfer import image_build, on_server, pulling, registry, tar
from gonogo.deploy.transfer.client import Given
from gonogo.deploy.transfer.progress import TransferProgress


class Refused(GonogoError):
    """A suite said no; its failed checks are in the record."""

    exit_code = 1


def preflight(run: Run) -> None:
    """Run the preflight suite; raises Refused unless it passes."""
    options = ["--under-way", run.version]
    options += ["--skip-build"] if run.skip_build else []
    options += ["--images-of", run.images_of] if run.images_of else []
    with run.step("preflight") as note:
        outcome = suites.run(
            "preflight",
            run.target,
            run.work,
            connection=run.connection_,
            on_check=run.progress.check,
            options=[*options, *run.strictness],
        )
        run.took(outcome)
        note.detail = outcome.told
        if not outcome.passed:
            raise Refused(f"preflight said no: {outcome.told}")


def foresee(run: Run) -> str:
    """Tell what a deployment would do, and do none of it; returns it in one line."""
    with run.step("plan") as note:
        seen = preview(run.release, run.version, skip_build=run.skip_build)
        run.record.previous, run.record.services = seen.previous, seen.services
        run.record.commits = seen.commits
        for line in seen.lines:
            run.note(line)
        run.progress.plan(seen)
        touched = [f"{one.service} {one.action}" for one in seen.services if one.action != "unchanged"]
        note.detail = ", ".join(touched) or "nothing would change"
        return note.detail


def build(run: Run) -> None:
    """Build the images on this machine, and settle which image each service will run."""
    model, target = run.release.model, run.target
    with run.step("build") as note:
        building = [] if run.skip_build else model.built()
        built: dict[str, str] = {}

        def say(line: str) -> None:
            run.progress.line(run.redactor(line))

        there = target.method == "on-server"
        if building and there:
            built = on_server.build(run.connection, target, model, run.version, say)
        elif building:
            built = image_build.build(target, model, run.version, say)
        names = [service.image for service in model.services.values()]
        offered = run.release.builds.offered if run.skip_build else ()
        if run.skip_build:
            local = {name: one.id for name, one in run.release.builds.images.items()}
        else:
            local = run.release.images if there else image_build.local_ids(names)
        run.images |= chosen(model, built, run.release.images, local, offered)
        taken = f"nothing is built: the images of {run.images_of} are taken" if run.images_of else ""
        note.detail = f"built {', '.join(building)}" if building else taken or "nothing to build"


def transfer(run: Run) -> None:
    """Bring the images to the target and prove them there by id."""
    with run.step("transfer") as note:

        def warn(text: str) -> None:
            run.note(text)
            run.progress.warning(run.redactor(text))

        progress = TransferProgress(run.progress.sent, run.progress.about, run.progress.line, warn)
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
    sent = tar.send(connection, wanted, run.version, progress.add, progress.expect)
    return sent.told, sent.ids


def settle(run: Run) -> None:
    """Write the release's files on the target and say what it will change."""
    with run.step("plan") as note:
        target, connection, version = run.target, run.connection, run.version
        release.save(connection, target, version, release.COMPOSE_FILE, run.release.files.placed)
        release.save(connection, target, version, release.IMAGES_FILE, release.pins(run.images))
        files = release.files(target, version)
        run.host.containers.refresh()
        more = shared_namespaces.override(run.release.model, run.release.running)
        pinned = switch.hashes(connection, target, files, more)
        by_name = switch.hashes(connection, target, files[:1], more)
        run.hashes = {name: f"{pinned.get(name, '')} {by_name.get(name, '')}" for name in run.images}
        release.save(connection, target, version, release.RECORD, _record(run))
        run.changed(plan(run.release.model, run.images, run.hashes, run.release.running))
        difference.tell(run)
        touched = [f"{change.service} ({change.why})" for change in run.changes if change.touched]
        note.detail = f"to change: {', '.join(touched)}" if touched else "nothing to change"


def start(run: Run) -> None:
    """Start what changes from the release's files, in dependency order, each watched until it is well."""
    model = resolve(run.connection, run.target, release.files(run.target, run.version), run.redactor).model
    for change in run.changes:
        if change.touched:
            if run.watch:
                run.watch.changing()
            with run.step(f"switch {change.service}", change.why) as note:
                # What is made with this one's container has to be made again on the way back, too.
                also = [n for n, other in sorted(model.services.items()) if change.service in other.follows]
                switch.gate(run.connection, run.target, model, change.service)
                run.switched += [name for name in (change.service, *also) if name not in run.switched]
                switch.service(
                    run.connection, run.target, model, change.service, release.files(run.target, run.version)
                )
                note.detail = change.why
    release.make_current(run.connection, run.target, run.version)


def verify(run: Run, version: str, name: str = "verify") -> None:
    """Run the verify suite against a release, with this run's baseline; raises Refused unless it passes."""
    options = ["--release", version, "--baseline", run.version, *run.strictness]
    with run.step(name) as note:
        seen = run.work / "availability.json"
        # After a rollback it is known already how long the stack was away, and whose fault that was.
        if run.watch and name == "verify":
            options += ["--availability", str(seen)]
        # No release fails for requests of gonogo's own.
        with run.watch.leaving(seen) if run.watch else nullcontext():
            outcome = suites.run(
                "verify",
                run.target,
                run.work,
                connection=run.connection_,
                on_check=run.progress.check,
                options=options,
            )
            run.took(outcome, name)
            note.detail = outcome.told
            if not outcome.passed:
                raise Refused(f"{name} said no: {outcome.told}")


def discard(run: Run) -> None:
    """Remove the files of a release that never started, and the tags of what was sent for it."""
    folder, tags = shlex.quote(str(release.folder(run.target, run.version))), _tags(run)
    remove = f'case "$tag" in {tags}) docker image rm -- "$tag";; esac'
    listed = "docker images --format '{{.Repository}}:{{.Tag}}'"
    clear = f"; {listed} | while IFS= read -r tag; do {remove}; done >/dev/null" if tags else ""
    run.connection.check(f"rm -rf -- {folder}{clear}", mutates=True)


def _tags(run: Run) -> str:
    """Return what sh matches the tags of this release with that gonogo made; empty where there are none."""
    made = release.MADE.fullmatch(run.version) is not None
    if run.target.method == "on-server" and (run.images_of or (run.resumed and not made)):
        return ""  # they were there before; of a run that is resumed, nobody knows
    if made:
        return f"*:{shlex.quote(run.version)}"
    # What a person called a version may be a tag of anybody's images, too.
    try:
        names = {service.image for service in run.release.model.services.values()}
    except GonogoError:
        return ""
    return "|".join(map(shlex.quote, sorted({release.tagged(name, run.version) for name in names} - names)))


def _record(run: Run) -> Record:
    path = shlex.quote(str(run.target.env_path or run.target.path / ".env"))
    digest = run.connection.run(f"sha256sum < {path}").text.partition(" ")[0]
    return Record(
        version=run.version,
        previous=run.record.previous,
        commit=run.record.commit,
        created=release.now().isoformat(timespec="seconds"),
        project=run.target.project,
        images={name: image for name, image in run.images.items() if run.release.model.services[name].scale},
        hashes=run.hashes,
        env_digest=digest,
        driver=run.host.engine.driver,
    )
