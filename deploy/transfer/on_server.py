"""The on-server method: the target builds the images itself, from its clone at the commit of the release."""

from __future__ import annotations

import contextlib
import io
import posixpath
import re
import shlex
from collections.abc import Callable, Iterable

from gonogo.deploy.compose.model import Model
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import images, local_git
from gonogo.deploy.release.records import tagged
from gonogo.deploy.ssh.connection import Connection, Result
from gonogo.deploy.target.sections.delivery import OnServer
from gonogo.deploy.target.target import Target
from gonogo.deploy.transfer import checkout
from gonogo.deploy.transfer import image_build as building
from gonogo.deploy.transfer.image_build import BUILD_TIMEOUT_S, LAST_LINES
from gonogo.deploy.transfer.output import Output

# An engine without buildx builds the classic way, and Compose has to be told so.
CLASSIC = "export DOCKER_BUILDKIT=0; "
BUILD = (
    f"docker buildx version >/dev/null 2>&1 || {CLASSIC}"
    "docker compose -f - --project-directory {folder} --progress plain build 2>&1"
)

# The container of a step, which the classic builder leaves behind where the step fails.
STEP = re.compile(r"---> Running in ([0-9a-f]{12})\b")


def section(target: Target) -> OnServer:
    """Return the table [on_server] of a target whose method it is."""
    assert target.on_server
    return target.on_server


def place(target: Target) -> Callable[[str], str]:
    """Return what tells where in the clone on the target a path that Compose resolved lies.

    Compose resolved it on the target, relative to ``path``; in the clone the same way leads from where
    ``source`` lies in its own repository.
    """
    inside = local_git.known(target.source, "rev-parse", "--show-prefix")
    root = posixpath.normpath(posixpath.join(section(target).checkout, inside))

    def there(given: str) -> str:
        if not given.startswith("/"):
            return given
        return posixpath.normpath(posixpath.join(root, posixpath.relpath(given, str(target.path))))

    return there


def build(
    connection: Connection, target: Target, model: Model, version: str, say: Callable[[str], None]
) -> dict[str, str]:
    """Set the clone on the target to this commit, build the model's images there; return ids by service.

    Nothing that runs is touched (L9). When a build fails, the clone is set back to where it stood, the tags
    of this version are removed, and GonogoError is raised with the last lines.
    """
    names = model.built()
    commit = local_git.known(target.source, "rev-parse", "HEAD")
    before = checkout.set_to(connection, section(target), commit)
    say(f"{section(target).checkout} stands at {commit[:8]}, before at {before}")
    tags = {name: tagged(model.services[name].image, version) for name in names}
    output = Output(say)
    try:
        text = building.build_file(target, model, version, place(target))
        result = _run(connection, target, text, output)
        if not result.ok and building.too_old(output.lines):
            result = _run(connection, target, text, output, CLASSIC)
        if not result.ok:
            said = connection.redact(" / ".join(output.lines[-LAST_LINES:]))
            made = ", ".join(building.makers(model))
            raise GonogoError(
                f"{connection.host}: building {made} failed, nothing that runs was touched: {said}"
            )
        ids = images.images(connection, tags.values())
        if missing := sorted(set(tags.values()) - set(ids)):
            raise GonogoError(f"{connection.host}: the build ended well but made no {', '.join(missing)}")
    except (GonogoError, KeyboardInterrupt):
        _undo(connection, target, before, tags.values(), output.lines)
        raise
    return {name: ids[tag] for name, tag in tags.items()}


def _run(connection: Connection, target: Target, text: str, output: Output, before: str = "") -> Result:
    command = before + BUILD.format(folder=shlex.quote(section(target).checkout))
    result = connection.stream(
        command, stdin=io.BytesIO(text.encode()), to=output.feed, timeout=BUILD_TIMEOUT_S
    )
    output.end()
    return result


def _undo(
    connection: Connection, target: Target, before: str, tags: Iterable[str], lines: Iterable[str]
) -> None:
    """Leave all as it was but for the build cache, as far as that can be; raises nothing."""
    stopped = [match[1] for line in lines if (match := STEP.search(line))]
    with contextlib.suppress(GonogoError):
        checkout.set_back(connection, section(target), before)
        connection.run(f"docker image rm {shlex.join(sorted(tags))} 2>/dev/null", mutates=True)
        if stopped:
            connection.run(f"docker rm {shlex.join(stopped)} 2>/dev/null", mutates=True)
