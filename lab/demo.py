"""The demo: a disposable host, the example stack deployed to it, and a second release over the first."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.target import workspace
from lab import host, state
from lab.docker import say
from lab.stack import release

STACK = "/srv/chat"
HEADER = "# Written by the demo, and written anew by its next run."
IMAGES = ["gonogo-lab/mongo:latest", "gonogo-lab/redis:latest"]
COUNTS = {"users": 5, "sessions": 20, "messages": 36, "history_events": 36}
TRY = (
    ". .venv/bin/activate",
    "gonogo preflight {name}",
    "gonogo verify {name}",
    "python -m lab ssh --name {name}",
    "make clean",
)
"""What is proposed at the end, to be typed in the repository's folder."""


def main(name: str) -> int:
    """Run the demo on the host and the target of that name.

    Returns 0 when both releases were deployed and no document was lost; raises GonogoError where not.
    """
    begun = time.monotonic()
    made = host.up(name)
    host.load(name, IMAGES)
    _prepare(name)
    source = made.folder / "checkout"
    write_target(workspace.CHECKOUT.targets / f"{name}.toml", made, source)
    for version in ("v1", "v2"):
        release.checkout(source, version)
        _deploy(name, version)
        if version == "v1":
            seed(name)
    counts = seed_counts(name)
    if counts != COUNTS:
        raise GonogoError(f"the data is not what it was: expected {COUNTS}, found {counts}")
    say(f"the data is intact: {'/'.join(str(number) for number in counts.values())} documents")
    say(f"done in {time.monotonic() - begun:.0f} s; try now:")
    for line in TRY:
        say(f"  {line.format(name=name)}")
    return 0


def write_target(file: Path, made: host.Host, source: Path) -> None:
    """Write the target file of the example stack on a host; raises GonogoError over somebody else's."""
    if file.exists() and not file.read_text().startswith(HEADER):
        raise GonogoError(f"{file} is not the demo's: move it away, or rename that target")
    file.write_text(target_text(made, source))


def target_text(made: host.Host, source: Path) -> str:
    """Return the target file of the example stack on a host."""
    return f"""{HEADER}
host = "{made.alias}"
path = "{STACK}"
source = "{source}"
compose_files = ["docker-compose.yml"]
env_file = ".env"
project = "chat"
git.branches = ["main"]
ssh.config_file = "{made.config}"

[[health]]
url = "http://127.0.0.1:8001/api/health"
json = {{ status = "healthy", "checks.database" = "ok", "checks.redis" = "ok" }}

[[health]]
url = "http://127.0.0.1:3000/"

[mongodb]
service = "mongodb"
database = "chat"

[mongodb.collections]
users = "mutable"
sessions = "mutable"
messages = "append-only"
history_events = "append-only"
"""


def seed(name: str) -> None:
    """Fill the stack's database, through the API's own container; raises GonogoError."""
    _asked(name, "docker exec chat-api python -m chat.seed")


def seed_counts(name: str) -> dict[str, int]:
    """Return how many documents the stack's collections hold, as the API's container sees them."""
    script = "from chat.store import database as d\nfor c in %r: print(c, d[c].count_documents({}))" % [
        *COUNTS
    ]
    lines = _asked(name, "docker exec -i chat-api python -", script.encode()).splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines}


def _prepare(name: str) -> None:
    kept = host.execute(name, f"test -s {STACK}/.env")
    if kept.returncode != 0:
        # A database keeps the credentials that it was initialised with, so the file is written once.
        host.put(name, f"{STACK}/.env", release.env_file())
    host.execute(name, f"chown deploy:deploy {STACK}", user="root")


def _deploy(name: str, version: str) -> None:
    say(f"gonogo deploy {name} --yes   (release {version})")
    argv = [sys.executable, "-m", "gonogo.deploy", "deploy", name, "--yes"]
    done = subprocess.run(argv, cwd=state.ROOT, check=False)
    if done.returncode != 0:
        raise GonogoError(f"release {version} was not deployed: exit {done.returncode}, see the lines above")


def _asked(name: str, command: str, stdin: bytes | None = None) -> str:
    done = host.execute(name, command, stdin=stdin)
    if done.returncode != 0:
        raise GonogoError(f"`{command}` failed on lab host {name}: {done.stderr.decode().strip()}")
    return done.stdout.decode()
