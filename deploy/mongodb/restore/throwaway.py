"""A throwaway MongoDB on the target, of the database's own image, that lives as long as it is held on to.

Nothing of it is published, its network is its own and leads nowhere, its data lies in its container alone. It
holds on to our session's standard input: where we end, are killed or cut off, that ends, and it with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from gonogo.deploy.errors import GonogoError, cause
from gonogo.deploy.host.docker import THROWAWAY as LABEL
from gonogo.deploy.mongodb.server.client import compression
from gonogo.deploy.ssh.connection import Connection

if TYPE_CHECKING:
    from gonogo.deploy.mongodb.server.source import Client

PORT = 27017
UP_S = 120.0
"""Seconds that a server may take until it answers."""
LIFE_S = 7 * 86400.0
PAUSE_S = 0.1
BEAT_S = 10.0
"""Seconds between two signs of life that it is given."""
SILENT_S = 120
"""Seconds without one after which it ends: a way that is cut need not end as seen from the target."""
HELP = "docker run --help"
"""What docker says after the line that tells why."""
OLD_S = 600
"""Seconds after which what bears our label and is not in use counts as left behind."""

# Nothing that is due may be removed before it is compared, so the TTL monitor rests. The server's data is
# worth nothing, so it is not asked to end but ended. A background command of sh reads from /dev/null, so the
# container's standard input is kept as number 3.
INSIDE = (
    'exec 3<&0; command -v mongod >/dev/null || { echo "it has no mongod" >&2; exit 97; }; '
    "d=$(mktemp -d) || exit 98; "
    'mongod --dbpath "$d" --bind_ip_all --port %d --wiredTigerCacheSizeGB %s '
    '--setParameter ttlMonitorEnabled=false </dev/null >"$d/log" 2>&1 & '
    "pid=$!; (if command -v timeout >/dev/null; "
    'then while [ -n "$(timeout %d head -c 1 <&3)" ]; do :; done; else cat <&3 >/dev/null; fi; '
    "kill -KILL $pid) & wait $pid; status=$?; "
    """[ $status = 137 ] || { grep '"s":"[EF]"' "$d/log" || cat "$d/log"; } | tail -n 1 >&2; exit $status"""
)
# docker's own --rm takes the anonymous volumes of its image along; a forced removal would leave them, and so
# does an engine that dies. What the image declares as volumes is not used here, so it is memory instead.
OUTSIDE = (
    "trap '' HUP PIPE; held=$(docker image inspect --format "
    "'{{{{range $at, $_ := .Config.Volumes}}}}{{{{println \"--tmpfs\"}}}}{{{{println $at}}}}{{{{end}}}}' "
    "{image}) || exit 95; "
    # A line each, for the path may have spaces.
    "IFS=$(printf '\\n.'); IFS=${{IFS%.}}; set -f; "
    "docker network create --internal --label {label} {name} >/dev/null || exit 96; "
    "docker run -i --rm --pull never --no-healthcheck --name {name} --network {name} --label {label} $held "
    "--entrypoint sh {image} -c {inside}; "
    "status=$?; docker kill {name} >/dev/null 2>&1; "
    # An engine that died meanwhile takes its time to come back.
    "gone() {{ docker network rm {name} || {{ docker version && ! docker network inspect {name}; }}; }}; "
    "for i in $(seq 300); do gone >/dev/null 2>&1 && break; sleep 0.2; done; "
    "exit $status"
)
# A container that never started, or whose engine died, is started and ended, for --rm takes its volumes
# along. One that runs is somebody's, and its network is in use.
SWEEP = (
    "now=$(date +%s); old() {{ made=${{1#gonogo-proof-}}; made=${{made%%-*}}; "
    'case "$made" in ""|*[!0-9]*) return 1;; esac; [ $((now - made)) -gt {seconds} ]; }}; '
    "docker container ls --filter label={label} --filter status=created --filter status=exited "
    "--format '{{{{.Names}}}}' | while IFS= read -r name; do old \"$name\" || continue; "
    'docker start "$name"; docker kill "$name"; docker rm "$name"; done >/dev/null 2>&1; '
    "docker network ls --filter label={label} --format '{{{{.Name}}}}' | while IFS= read -r name; do "
    'old "$name" && docker network rm "$name"; done >/dev/null 2>&1; :'
)


@dataclass(frozen=True)
class Throwaway:
    """A MongoDB that runs: the name of its container, and a client of it, which needs no login."""

    name: str
    client: Client


@contextmanager
def server(connection: Connection, image: str, *, mebibytes_cache: int = 256) -> Iterator[Throwaway]:
    """Give an empty MongoDB on the target, run from an image that is there, by id or name.

    What it is given stays as it is: the removal of what is too old (TTL) is switched off.

    ``mebibytes_cache``: what its storage engine may keep in memory. Raises GonogoError, with the last words
    of the engine or the server, where it cannot be had.
    """
    sweep(connection)
    stamp = connection.check("date +%s").text.strip()
    name = f"gonogo-proof-{stamp}-{secrets.token_hex(4)}"
    held = _Held(connection, _script(name, image, mebibytes_cache))
    try:
        port = connection.forward_port(_address(connection, name, held), PORT)
        given: dict[str, Any] = {"directConnection": True, "serverSelectionTimeoutMS": 1000}
        given |= compression(connection)
        client: Client = MongoClient("127.0.0.1", port, **given)
        try:
            _answers(client, held)
            yield Throwaway(name, client)
        finally:
            client.close()
    finally:
        held.let_go()


def sweep(connection: Connection, seconds: int = OLD_S) -> None:
    """Remove networks and containers that bear our label, are not in use and are older than so long."""
    connection.run(SWEEP.format(label=LABEL, seconds=seconds), mutates=True)


def _script(name: str, image: str, mebibytes_cache: int) -> str:
    inside = INSIDE % (PORT, f"{mebibytes_cache / 1024:.3f}", SILENT_S)
    words = {"name": name, "label": f"{LABEL}={name}", "image": image, "inside": inside}
    return OUTSIDE.format(**{key: shlex.quote(word) for key, word in words.items()})


class _Held(threading.Thread):
    """The session that the container lives by; it ends when it is let go."""

    def __init__(self, connection: Connection, script: str) -> None:
        super().__init__(daemon=True, name="gonogo-throwaway")
        self._connection, self._script = connection, script
        reader, self._writer = os.pipe()
        self._reader = os.fdopen(reader, "rb", buffering=0)
        self._over = threading.Event()
        self.error = ""
        self.start()
        threading.Thread(target=self._live, daemon=True, name="gonogo-throwaway-life").start()

    def run(self) -> None:
        """Run the container, and keep why it ended."""
        try:
            result = self._connection.stream(
                self._script, stdin=cast(BinaryIO, self._reader), timeout=LIFE_S, private=True
            )
            lines = "\n".join(line for line in result.error_text.splitlines() if HELP not in line)
            self.error = said(cause(lines, f"it ended with {result.exit_status}"))
        except GonogoError as error:
            self.error = str(error)

    def _live(self) -> None:
        with contextlib.suppress(OSError), os.fdopen(self._writer, "wb", buffering=0) as writer:
            while not self._over.wait(BEAT_S):
                writer.write(b".")

    def check(self) -> None:
        """Raise GonogoError where it ended by itself."""
        if not self.is_alive():
            host = self._connection.host
            raise GonogoError(f"{host}: no throwaway MongoDB to restore into could be started: {self.error}")

    def let_go(self) -> None:
        """Let the container end, and wait until it is gone."""
        self._over.set()
        self.join(30)
        self._reader.close()


def said(line: str) -> str:
    """Return what a line of mongod's log says, which is JSON since 4.4; the line itself where it is none."""
    try:
        found = json.loads(line)
        detail = found.get("attr", {}).get("error", "")
        detail = detail.get("errmsg", "") if isinstance(detail, dict) else detail
        return f"{found['msg']}: {detail}" if detail else str(found["msg"])
    except (ValueError, KeyError, AttributeError):
        return line


def _address(connection: Connection, name: str, held: _Held) -> str:
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    line = f"docker inspect --type container --format '{form}' {shlex.quote(name)} 2>/dev/null"
    deadline = time.monotonic() + UP_S
    while time.monotonic() < deadline:
        held.check()
        if address := connection.run(line, live=True).text.strip():
            return address
        time.sleep(PAUSE_S)
    raise GonogoError(f"{connection.host}: the throwaway MongoDB {name} has no address after {UP_S:g} s")


def _answers(client: MongoClient[dict[str, Any]], held: _Held) -> None:
    deadline = time.monotonic() + UP_S
    while True:
        held.check()
        try:
            client.admin.command("ping")
            return
        except PyMongoError as error:
            if time.monotonic() > deadline:
                held.check()
                raise GonogoError(f"the throwaway MongoDB does not answer: {type(error).__name__}") from None
        time.sleep(PAUSE_S)
