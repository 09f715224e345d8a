"""The switch: services are started from a release's files, one by one, each watched until it is well."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Sequence

from gonogo.deploy.compose import command_line
from gonogo.deploy.compose.model import HEALTHY, ONE_SHOT, Model
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import ENDING, Container
from gonogo.deploy.host.containers import containers, of_project
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

UP_TIMEOUT_S = 300.0
PAUSE_S = 0.4
STEADY_S = 2.0
"""Seconds that a service without a health check has to run before it counts as started."""
REPLACEMENT = re.compile(r"[0-9a-f]{12}_(.+)")
"""The name of a container that is to replace another, until that is gone."""
HEALTH_SAID = '{{with (index .State "Health")}}{{range .Log}}{{println .Output}}{{end}}{{end}}'
"""What the last health checks of a container printed, the newest at the end."""
LOG_LINES = 60
SHOWN_LINES, SHOWN = 3, 160
"""Of the log of a container that does not get well: how many lines a message shows, and how much of each."""


def gate(connection: Connection, target: Target, model: Model, name: str) -> None:
    """Wait for what a service waits for in ``depends_on``, as far as this release leaves that alone.

    What the release has started anew was waited for already. Of a service that is not in the model, as one of
    a profile that is off (``required: false``), nothing is expected. Raises GonogoError.
    """
    needs = model.services[name].depends_on.items()
    ending = {other: condition == ONE_SHOT for other, condition in needs if condition in (HEALTHY, ONE_SHOT)}
    wanted = {other: end for other, end in ending.items() if other in model.services}
    found = of_project(containers(connection), target.project) if wanted else []
    for other, end in wanted.items():
        service = model.services[other]
        own = [one for one in found if one.service == other]
        if service.scale and not (own and all(one.completed if end else one.well for one in own)):
            wait(connection, target, other, may_end=end, must_end=end, scale=service.scale)


def service(  # noqa: PLR0913  what is started, from what, and how
    connection: Connection,
    target: Target,
    model: Model,
    name: str,
    files: Sequence[str],
    *,
    anew: bool = False,
) -> None:
    """Start one service from ``files`` and wait until it is well; raises GonogoError that says what is wrong.

    ``--no-deps``: nothing else is touched. ``--pull never``, ``--no-build``: what runs is what was proved.
    ``anew``: also where Compose sees no difference, as in the content of a config.
    """
    words = ["up", "-d", "--no-deps", "--no-build", "--pull", "never"]
    if anew or model.services[name].follows:
        # Its container holds on to another's, also where that one was only started again; or to its files.
        words.append("--force-recreate")
    line = command_line.command(target, *words, name, files=files, profiles=("*",))
    result = connection.run(line, timeout=UP_TIMEOUT_S, mutates=True)
    if not result.ok:
        complaint = command_line.complaint(result.error_text)
        raise GonogoError(f"{target.host}: {name} was not started: {complaint}")
    scale, policy = model.services[name].scale, model.services[name].restart.partition(":")[0]
    if scale:
        end = name in model.one_shots()
        wait(connection, target, name, may_end=end or policy in ENDING, must_end=end, scale=scale)


def wait(  # noqa: PLR0913  what is waited for, how long, and how it may end
    connection: Connection,
    target: Target,
    name: str,
    *,
    may_end: bool = False,
    must_end: bool = False,
    scale: int = 1,
) -> None:
    """Wait until all ``scale`` containers of a service are well, at most ``healthy_timeout_s``.

    Where the target file does not set it, a container whose health check needs longer is given that time.
    ``may_end``: it may end with status 0. ``must_end``: others wait for it to end so, as for a migration.
    Raises GonogoError that says what is wrong, and how the log ends.
    """
    begun = time.monotonic()
    steady = begun + STEADY_S
    known: list[str] = []
    while True:
        found = [
            one for one in of_project(containers(connection, known), target.project) if one.service == name
        ]
        known = [one.id for one in found] if len(found) == scale else []
        wrong = [one for one in found if fault(one, may_end)]
        if wrong:
            one = wrong[0]
            why = f"{target.host}: {name}: {one.name} {fault(one, may_end)}"
            raise GonogoError(why + last_words(connection, one))
        ended = may_end and all(one.completed for one in found)
        bare = all(not one.health for one in found)
        done = ended or (not must_end and all(one.well or (may_end and one.completed) for one in found))
        if len(found) == scale and done and (ended or not bare or time.monotonic() >= steady):
            return
        limit = target.thresholds.healthy_within(*(one.settled_s for one in found))
        if time.monotonic() >= begun + limit:
            told = ", ".join(one.told for one in found) or "no container"
            told += "" if len(found) == scale else f"; {scale} were wanted"
            late = [one for one in found if not (one.completed if must_end else one.well)][:1]
            state = "not ended" if must_end else "not healthy"
            why = f"{target.host}: {name} was {state} within {limit:g} s: {told}"
            raise GonogoError(why + "".join(last_words(connection, one) for one in late))
        time.sleep(PAUSE_S)


def fault(one: Container, may_end: bool) -> str:
    """Return why waiting for a container is in vain; empty when it is not."""
    if may_end and one.restart == "on-failure" and one.status in ("restarting", "running"):
        # It is tried again until it ends well or the engine gives up, as a migration that needs a database.
        return "is unhealthy" if one.health == "unhealthy" else ""
    if one.status in ("exited", "dead") and not (may_end and one.exit_code == 0):
        return f"ended with exit status {one.exit_code}"
    if one.status == "restarting" or one.restarts >= 2:
        return f"is crash-looping, last with exit status {one.exit_code}"
    if one.health == "unhealthy":
        return "is unhealthy"
    return ""


def last_words(connection: Connection, one: Container) -> str:
    """Return for the end of a message what the health check said last, and how the container's log ends.

    What there is none of is left out.
    """
    return _health_said(connection, one) + _log_ends(connection, one)


def _health_said(connection: Connection, one: Container) -> str:
    if not one.failing_streak:
        return ""
    result = connection.run(f"docker inspect --format {shlex.quote(HEALTH_SAID)} {shlex.quote(one.id)}")
    said = connection.redact(result.text) if result.ok else ""
    lines = [line.strip()[:SHOWN] for line in said.splitlines() if line.strip()]
    return f"; its health check said: {lines[-1]}" if lines else ""


def _log_ends(connection: Connection, one: Container) -> str:
    lines = [line.strip()[:SHOWN] for text in logs(connection, [one]).values() for line in text.splitlines()]
    shown = [line for line in lines if line][-SHOWN_LINES:]
    return f"; its log ends: {' | '.join(shown)}" if shown else ""


def logs(connection: Connection, found: Sequence[Container]) -> dict[str, str]:
    """Return the last lines of each container's log, by its name; what cannot be read is left out."""
    told = {}
    for one in found:
        result = connection.run(f"docker logs --tail {LOG_LINES} {shlex.quote(one.id)} 2>&1")
        if result.ok:
            told[one.name] = connection.redact(result.text)
    return told


def named(connection: Connection, found: Sequence[Container]) -> list[str]:
    """Give containers the names that Compose was about to give them when it was cut off; return these.

    Compose starts a replacement under the old one's id and its name, and renames it when the old one is gone.
    """
    taken, told = {one.name for one in found}, []
    for one in found:
        match = REPLACEMENT.fullmatch(one.name)
        if match and match[1] not in taken:
            connection.check(f"docker rename {shlex.quote(one.id)} {shlex.quote(match[1])}", mutates=True)
            told.append(match[1])
    return told


def hashes(
    connection: Connection, target: Target, files: Sequence[str], override: str = ""
) -> dict[str, str]:
    """Return Compose's config hash of each service in ``files`` on the target; raises GonogoError.

    ``override``: one more Compose file, in which services may refer to containers.
    """
    words = ["--no-consistency"] if override else []
    files = [*files, "-"] if override else files
    line = command_line.command(target, "config", *words, "--hash", "*", files=files, profiles=("*",))
    result = connection.run(line, stdin=override.encode() if override else None)
    if not result.ok:
        raise GonogoError(f"{target.host}: {command_line.complaint(result.error_text)}")
    rows = (row.split() for row in result.text.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}


def remove(connection: Connection, found: Sequence[Container]) -> None:
    """Remove containers by id, never a volume; raises GonogoError."""
    if found:
        ids = shlex.join(one.id for one in found)
        connection.check(f"docker rm -f {ids}", timeout=UP_TIMEOUT_S, mutates=True)
