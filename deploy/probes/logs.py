"""What containers logged since a moment."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

from gonogo.deploy.connection import Connection
from gonogo.deploy.host.container import Container

LINES = 5000
BYTES = 1_000_000
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def lines(connection: Connection, one: Container, since: str) -> list[str] | None:
    """Return the last lines, at most LINES and about BYTES, that a container logged since a moment.

    ``since`` is a time of the target's own clock, as its engine writes it. None where the container's logs
    cannot be read, as with a logging driver that sends them away. The transcript keeps none of them: they may
    hold secrets that nobody knows.
    """
    asked = f"docker logs --since {shlex.quote(since)} --tail {LINES} {shlex.quote(one.id)}"
    result = connection.run(
        f"{{ {asked} 2>&1 || echo :cannot:; }} | tail -c {BYTES}", private=True, live=True
    )
    if not result.ok or result.text.rstrip().endswith(":cannot:"):
        return None
    return [ESCAPE.sub("", line).strip() for line in result.text.splitlines()]


def matching(found: Iterable[str], patterns: Sequence[str], allowed: Sequence[str] = ()) -> list[str]:
    """Return the lines in which one of the patterns is found, and none of those that are allowed."""
    wanted = [re.compile(pattern) for pattern in patterns]
    fine = [re.compile(pattern) for pattern in allowed]
    return [
        line
        for line in found
        if any(one.search(line) for one in wanted) and not any(one.search(line) for one in fine)
    ]
