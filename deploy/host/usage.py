"""What containers use of the memory that they may have, and whether the kernel ended one for it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.ssh.connection import Connection

FORM = '{"id":{{json .Id}},"limit":{{json .HostConfig.Memory}},"killed":{{json .State.OOMKilled}}}'
# An engine of 25 or later forgets that a container was killed as soon as it starts that again. It keeps its
# last 256 events (moby, daemon/events): of a stack with health checks, those of some minutes.
KILLS = (
    """docker events --since 1 --until "$(date +%s)" --filter type=container --filter event=oom """
    "--format '{{json .ID}}'"
)
STATS = '{"id":{{json .ID}},"used":{{json .MemUsage}}}'
POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
SIZE = re.compile(r"([\d.]+)\s*([kmgt]?)(i?)b", re.IGNORECASE)


@dataclass(frozen=True)
class Usage:
    """Of one container: bytes of memory used and allowed (0: any number), and whether it was killed for them.

    ``used`` is None where there is no limit: then nobody asked.
    """

    limit: int = 0
    used: int | None = None
    killed: bool = False

    @property
    def share(self) -> float:
        """The part of its limit that it uses; 0 without a limit."""
        return (self.used or 0) / self.limit if self.limit else 0.0


def usage(connection: Connection, ids: Sequence[str]) -> dict[str, Usage]:
    """Return the use of memory by container id; raises Unknown when docker refuses.

    The engine takes about two seconds to tell what is used, so that is asked only where there is a limit.
    """
    if not ids:
        return {}
    result = connection.run(f"docker inspect --type container --format {shlex.quote(FORM)} {shlex.join(ids)}")
    if not result.ok:
        raise unreachable(connection.host, result)
    kills = connection.run(KILLS)
    if not kills.ok:
        raise unreachable(connection.host, kills)
    limited = [one for one, found in parse(result.text).items() if found.limit]
    if not limited:
        return parse(result.text, "", kills.text)
    used = connection.run(
        f"docker stats --no-stream --no-trunc --format {shlex.quote(STATS)} {shlex.join(limited)}"
    )
    if not used.ok:
        raise unreachable(connection.host, used)
    return parse(result.text, used.text, kills.text)


def parse(inspected: str, stats: str = "", kills: str = "") -> dict[str, Usage]:
    """Return what the three questions were answered, one container a line each."""
    killed = {json.loads(line) for line in kills.splitlines()}
    used = {row["id"]: size(row["used"].partition("/")[0]) for row in _rows(stats)}
    return {
        one: Usage(int(row["limit"] or 0), used.get(one), bool(row["killed"]) or one in killed)
        for row in _rows(inspected)
        for one in [row["id"]]
    }


def size(text: str) -> int:
    """Return the bytes that a size such as ``12.5MiB`` stands for; raises GonogoError for anything else."""
    match = SIZE.fullmatch(text.strip())
    if not match:
        raise GonogoError(f"docker stats told a size that cannot be read: {text.strip()!r}")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** POWERS[match[2].lower()])


def _rows(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
