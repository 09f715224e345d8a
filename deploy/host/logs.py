"""What containers logged since a moment."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from gonogo.deploy.host.container import Container
from gonogo.deploy.ssh.connection import Connection

LINES = 5000
BYTES = 1_000_000
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Log:
    """The last lines that a container logged since a moment; ``cut``: there were more."""

    lines: list[str]
    cut: bool = False


def log(connection: Connection, container: Container, since: str) -> Log | None:
    """Return the last lines, at most LINES and BYTES, that a container logged since a moment.

    ``since`` is a time of the target's own clock, as its engine writes it. None where the container's logs
    cannot be read, as with a logging driver that sends them away. The transcript keeps none of them: they may
    hold secrets that nobody knows.
    """
    asked = f"docker logs --since {shlex.quote(since)} --tail {LINES + 1} {shlex.quote(container.id)}"
    result = connection.run(
        f"{{ {asked} 2>&1 || echo :cannot:; }} | tail -c {BYTES + 1}", private=True, live=True
    )
    if not result.ok or result.text.rstrip().endswith(":cannot:"):
        return None
    lines = [ESCAPE.sub("", line).strip() for line in result.text.splitlines()]
    return Log(lines[-LINES:], cut=len(lines) > LINES or len(result.stdout) > BYTES)
