"""What a release makes different, for its report: images' sizes, commits, compose files, environment."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterator, Mapping

from gonogo.deploy.compose.as_shown import as_shown
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Service
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import commits, images, remote_files
from gonogo.deploy.host.commits import Shipping
from gonogo.deploy.host.container import Given
from gonogo.deploy.redaction.masking import masked, unmasked
from gonogo.deploy.redaction.redactor import MARK
from gonogo.deploy.release import env_files
from gonogo.deploy.release import records as release
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.steps.run import Run
from gonogo.reports.model import Configuration, KeyChange


def tell(run: Run) -> None:
    """Put into the record what this release makes different. It is asked before the switch.

    What cannot be known is a note: it is for people to read, and stops no release.
    """
    with _told(run):
        _sizes(run)
        _commits(run, run.release.shipping)
        if run.record.previous:
            run.record.configuration = _configuration(
                run, run.release.files.placed, run.release.model, run.version
            )


def tell_again(run: Run, version: str, model: Model) -> None:
    """Put into the record what going to a release that is on the target makes different, as ``tell`` does.

    ``model``: of that release. Commits are told where this machine's clone has those of both releases.
    """
    previous = run.record.previous
    with _told(run):
        _sizes(run)
        if not previous or previous == version:
            return
        run.record.configuration = _configuration(run, _compose_file(run, version), model, version)
        pair = [release.load(run.connection, run.target, name) for name in (previous, version)]
        since, until = (one.commit if one else "" for one in pair)
        if since and until:
            _commits(run, commits.shipping(run.target.source, since, until))


@contextlib.contextmanager
def _told(run: Run) -> Iterator[None]:
    try:
        yield
    except GonogoError as error:
        run.note(f"what is different in this release could not be told in full: {error}")


def _commits(run: Run, shipping: Shipping | None) -> None:
    if shipping:
        run.record.commits = [one.told for one in shipping.commits]
        run.record.commits_lost = [one.told for one in shipping.lost]


def _sizes(run: Run) -> None:
    ids = {one for change in run.changes for one in (change.before, change.after) if one}
    found = images.inspect(run.connection, (), ids)
    size = {name: image.size for name, image in found.items()}
    for change in run.record.services:
        image = run.images.get(change.service)
        change.image = image.name if image else ""
        change.size_before, change.size_after = size.get(change.image_before), size.get(change.image_after)


def _configuration(run: Run, after: str, model: Model, version: str) -> Configuration:
    """Return what differs from the release before; ``after``: the compose file of ``version``."""
    connection, target, previous = run.connection, run.target, run.record.previous
    # Resolved first: what is secret in the file has to be known before it is read.
    record = release.load(connection, target, previous)
    then = env_files.as_of(target, record) if record else target
    before = resolve(connection, then, release.files(target, previous), run.redactor).model
    given = run.host.project(target.project).made_with
    shown = compared(_compose_file(run, previous), after, previous, version)
    changed = keys(before.services, model.services, given)
    return Configuration(diff=run.redactor(shown), keys=list(changed))


def _compose_file(run: Run, version: str) -> str:
    file = release.folder(run.target, version) / release.COMPOSE_FILE
    return (remote_files.read(run.connection, file) or b"").decode("utf-8", "replace")


def compared(before: str, after: str, name: str, other: str) -> str:
    """Return two flattened compose files as a unified diff, what may not be shown of them hidden."""
    old, new = (as_shown(text, masked).splitlines() for text in (before, after))
    # Compared while equal values are masked alike, so that a value that changed is told, and not shown.
    return unmasked("\n".join(difflib.unified_diff(old, new, name, other, lineterm="")), MARK)


def keys(
    before: Mapping[str, Service], after: Mapping[str, Service], given: Mapping[str, Given]
) -> Iterator[KeyChange]:
    """Yield what happens to the variables of the services that go on, by service and name.

    ``given``: what their containers were made with, which tells of an env file that was edited since. What
    a container has beside that is its image's, so only variables of ``before`` count as removed.
    """
    for name in sorted(set(after) & set(given)):
        new, had = after[name].environment, given[name].environment
        old = before[name].environment if name in before else {}
        for key in sorted(new):
            # Compose leaves out of the container what has no value.
            if key not in had and new[key]:
                yield KeyChange(service=name, key=key, change="added")
            elif new[key] != had.get(key, ""):
                yield KeyChange(service=name, key=key, change="changed")
        for key in sorted(set(old) - set(new)):
            yield KeyChange(service=name, key=key, change="removed")
