"""Records a preflight of the example stack on a lab host, for tests of the checks: python -m tests.record.

The host stays up, so that a second recording takes seconds: python -m lab down --name record.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lab import demo, state
from tests.lab.chat import Chat

NAME = "record"
FILE = Path(__file__).parent / "unit" / "recorded" / "chat.json"
SOURCE = "/src/chat"
MORE = """
[backup]
folder = "/srv/chat/.deploy/backups"
"""


def main() -> int:
    """Deploy the first release where it does not run, run preflight with every table, write FILE."""
    folder = state.folder() / f"{NAME}-checkout"
    folder.mkdir(exist_ok=True)
    chat = Chat.up(NAME, folder)
    if chat.containers():
        remember(chat)
    else:
        chat.release("v1")
        print(chat.deploy().stdout)
        demo.seed(NAME)
    chat.file.write_text(chat.file.read_text() + MORE)
    prepare(chat)
    advance(chat)
    made = folder / "recording.json"
    argv = [sys.executable, "-m", "pytest", "checks/preflight", "--target", str(chat.file)]
    done = subprocess.run(
        [*argv, "-q", "--record", str(made), "-p", "no:cacheprovider"], cwd=state.ROOT, check=False
    )
    text = made.read_text().replace(str(chat.source), SOURCE).replace(str(chat.made.folder), "/keys")
    FILE.write_text(text.replace(str(folder), "/src"))
    print(f"wrote {FILE}")
    return done.returncode


def remember(chat: Chat) -> None:
    """Put back the secrets that the running stack was made with: its database keeps them."""
    given = json.loads(chat.shell("docker inspect -f '{{json .Config.Env}}' chat-api"))
    held = dict(entry.split("=", 1) for entry in given)
    chat.env(**{name: held[name] for name in chat.secrets})


def prepare(chat: Chat) -> None:
    """Put on the host what the tables in MORE speak of."""
    backups = "/srv/chat/.deploy/backups"
    chat.shell(f"mkdir -p -m 700 {backups} && head -c 200000 /dev/urandom > {backups}/chat.archive")
    chat.shell("install -m 755 /bin/true /usr/local/bin/mongodump", user="root")


def advance(chat: Chat) -> None:
    """Commit something that does not run yet, or there would be nothing to deploy."""
    git = ["git", "-C", str(chat.source), "-c", "user.name=lab", "-c", "user.email=lab@localhost"]
    last = subprocess.run([*git, "log", "-1", "--format=%s"], check=True, capture_output=True, text=True)
    if last.stdout.strip() != "Next":
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Next"], check=True)


if __name__ == "__main__":
    sys.exit(main())
