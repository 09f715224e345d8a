"""Secrets in every place that can hold one: none is in what gonogo writes, prints or gives as an argument."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import demo, host
from tests.lab.chat import Chat
from tests.lab.hidden import Hidden
from tests.lab.secrecy import forms, found, watched_arguments

pytestmark = pytest.mark.lab
NAME = f"t-secrecy-{os.getpid()}"
SINCE = "/var/since"
"""A file of the server that is as old as the tests: what is newer was written meanwhile."""
ENGINES = "-not -path '/var/lib/docker/*' -not -path '/var/lib/containerd/*' -not -path '/run/*'"
"""The engine keeps the configuration of its containers."""
TELLS = """import json, os, shlex
from pathlib import Path
for name, value in os.environ.items():
    print(name, value, json.dumps({name: value}), repr(value), shlex.quote(value), value.encode().hex(" "))
for file in ("/settings", "/motto", "/given", "/run/secrets/pass"):
    print(Path(file).read_text())
raise SystemExit("broken")
app = Starlette("""
HOLDS = re.compile(r"/\.deploy/releases/[^/]+/(?:compose\.yaml|env(?:/.*)?|\.env)$|^/srv/chat/\.env$")
"""Files that are what was deployed, and hold what that holds: the env file, and those of a release."""
OF_A_BUILD = ("ENV", "ARG of a Dockerfile", "LABEL", "image label")
IN_COMMANDS = (
    "command",
    "entrypoint",
    "header of a health check",
    "query of a health check",
    "login of a check",
)
"""Places of secrets that are arguments of the stack's own processes."""


def gonogo(chat: Chat, *words: str, code: int = 0) -> str:
    done = chat._run([sys.executable, "-m", "gonogo.deploy", *words])
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def release(chat: Chat, hidden: Hidden, name: str, *, old: bool = False) -> None:
    chat.release(name)
    hidden.put(chat.source, old=old)
    chat.commit(f"Put secrets into {name}")


@pytest.fixture(scope="module")
def hidden() -> Hidden:
    return Hidden()


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory, hidden: Hidden) -> Iterator[Chat]:
    """The example stack with secrets everywhere, after every command that gonogo has."""
    folder = tmp_path_factory.mktemp("secrecy")
    made = Chat.up(NAME, folder, **hidden.env)
    try:
        for name in ("home", "temporary"):
            (folder / name).mkdir()
        made.environment = {"TMPDIR": str(folder / "temporary"), "XDG_CACHE_HOME": str(folder / "home")}
        made.shell(f"touch {SINCE}", user="root")
        with watched_arguments() as arguments:
            everything(made, hidden)
        made.arguments |= arguments
        yield made
    finally:
        host.down(NAME)


def everything(chat: Chat, hidden: Hidden) -> None:
    """Run every command over releases of which one removes secrets and one fails and tells all it knows."""
    file, written = str(chat.file), chat.folder
    reports = ("--reports", str(chat.published))
    release(chat, hidden, "v1", old=True)
    more = ("--html", f"{written}/a.html", "--self-contained-html", "--junitxml", f"{written}/a.xml")
    code, _ = chat.suite("preflight", *more, "--record", f"{written}/a.json")
    assert code == 0, chat.outputs[-2]
    gonogo(chat, "plan", file, *reports)
    gonogo(chat, "deploy", file, "--yes", *reports)
    demo.seed(NAME)
    release(chat, hidden, "v2")
    gonogo(chat, "--debug", "deploy", file, "--yes", "--json", *reports)
    release(chat, hidden, "v2")
    chat.edit("api/chat/api.py", ("app = Starlette(", TELLS))
    assert "ROLLED-BACK" in gonogo(chat, "deploy", file, "--yes", *reports, code=4)
    gonogo(chat, "rollback", file, *reports)
    gonogo(chat, "verify", file)
    gonogo(chat, "backup", file, "--verify")
    gonogo(chat, "restore", file, "latest", "--into", "tried")
    for command in ("status", "history", "backups"):
        gonogo(chat, command, file)
    recording = max(chat.published.rglob("*.recording.json"), key=lambda one: one.stat().st_mtime)
    gonogo(chat, "replay", str(recording))


def test_there_are_sixty_secrets(chat: Chat, hidden: Hidden) -> None:
    assert len(set(hidden.made.values())) >= 60
    assert len(forms("p@ss!w$o/r#d\"x'y z\\&<%")) >= 32
    git = ["git", "-C", str(chat.source), "log", "-p", "--all", "--no-color"]
    kept = subprocess.run(git, check=True, capture_output=True, text=True).stdout
    asked = ("inspect $(docker ps -aq)", "image inspect chat-api:latest", "exec chat-api cat /settings")
    kept += chat.shell("; ".join(f"docker {words}" for words in asked) + "; cat /srv/chat/.env")
    seen = {secret for _, secret in found(list(hidden.made.values()), {"the stack": kept})}
    assert [place for place, secret in hidden.made.items() if secret not in seen] == []


def places(chat: Chat, hidden: Hidden, texts: dict[str, str], without: tuple[str, ...] = ()) -> list[str]:
    """Return which secret, by its place, stands where."""
    wanted = {secret: place for place, secret in hidden.made.items() if not place.startswith(without)}
    return [f"{wanted[secret]}: {place}" for place, secret in found(list(wanted), texts)]


def test_none_is_in_what_is_printed(chat: Chat, hidden: Hidden) -> None:
    texts = {f"output {number}": text for number, text in enumerate(chat.outputs)}
    assert sum(map(len, texts.values())) > 20_000
    assert places(chat, hidden, texts) == []


def test_none_is_in_a_file_here(chat: Chat, hidden: Hidden) -> None:
    files = [one for one in chat.folder.rglob("*") if one.is_file() and chat.source not in one.parents]
    texts = {str(one.relative_to(chat.folder)): one.read_text(errors="replace") for one in files}
    kinds = {"index.html", "release.json", "junit.xml", "preflight.html", "verify.html"}
    assert kinds <= {one.name for one in files}
    assert any(one.name.endswith(".recording.json") for one in files)
    assert places(chat, hidden, texts) == []


def test_none_is_in_a_file_on_the_server_but_those_that_are_the_release(chat: Chat, hidden: Hidden) -> None:
    pack = (
        f"find / -xdev -type f -newer {SINCE} {ENGINES} -print0 | tar -C / --null -T - -c 2>/dev/null | cat"
    )
    done = host.execute(NAME, pack, user="root")
    texts = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for one in archive:
            content = archive.extractfile(one) if one.isfile() else None
            if content and HOLDS.search(f"/{one.name}"):
                assert one.mode == 0o600, one.name
            elif content:
                texts[one.name] = content.read().decode("utf-8", "replace")
    names = {Path(name).name for name in texts}
    assert {"journal.jsonl", "baseline.json", "release.json"} <= names
    assert places(chat, hidden, texts) == []


def test_none_is_an_argument_of_a_process(chat: Chat, hidden: Hidden) -> None:
    texts = {line[:300]: line for line in chat.arguments}
    assert any("docker compose" in line for line in texts)
    assert places(chat, hidden, texts, (*IN_COMMANDS, *OF_A_BUILD)) == []
    ours = {name: line for name, line in texts.items() if re.search(r"gonogo|docker compose|^ssh ", line)}
    assert places(chat, hidden, ours, OF_A_BUILD) == []


def test_reports_are_still_of_use(chat: Chat) -> None:
    page = chat.page()
    for part in ("/srv/chat", "http://127.0.0.1:8001/api/health", "chat-api", "gonogo-lab/mongo:latest"):
        assert part in page
    failed = [text for text in map(Path.read_text, chat.published.rglob("release.json")) if "broken" in text]
    for part in ("DATABASE_USER=chat", "hooks.example.org", "unless-stopped", "SharedAccessKeyName=Root"):
        assert any(part in text for text in failed)
