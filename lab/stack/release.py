"""Check out a release of the example stack as a git repository, and make the env file it needs."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from gonogo.deploy.errors import UsageError
from lab.docker import check

SOURCE = Path(__file__).resolve().parent
PARTS = ("docker-compose.yml", "api", "web")
# Whatever the user's own git does at a commit, such as asking for the passphrase of a signing key.
OWN = ("-c", "user.name=lab", "-c", "user.email=lab@localhost")
OWN += ("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null")
Change = tuple[str, str, str]  # a file, what stands there, what stands there instead

V2: tuple[Change, ...] = (
    ("api/chat/__init__.py", '"1.0.0"', '"2.0.0"'),
    (
        "web/chat_web.py",
        'VERSION = "1.0.0"\nTITLE = "Chat"',
        'VERSION = "2.0.0"\nTITLE = "Chat, second edition"',
    ),
)
RELEASES: dict[str, tuple[Change, ...]] = {
    "v1": (),
    "v2": V2,
    "never-healthy": (*V2, ("api/chat/api.py", 'healthy = data == cache == "ok"', "healthy = False")),
    "exits-at-once": (
        *V2,
        ("api/chat/api.py", "app = Starlette(", 'raise SystemExit("broken")\napp = Starlette('),
    ),
    "wrong-credentials": (
        *V2,
        ("docker-compose.yml", "DATABASE_USER: ${MONGO_INITDB_ROOT_USERNAME:-chat}", "DATABASE_USER: nobody"),
    ),
    "so-so": (*V2, ("api/chat/api.py", '"status": "healthy" if', '"status": "so-so" if')),
    "dies-later": (
        *V2,
        (
            "api/chat/api.py",
            "app = Starlette(",
            "import os\nimport threading\n\nthreading.Timer(20, os._exit, [1]).start()\napp = Starlette(",
        ),
    ),
    "out-of-memory": (
        *V2,
        (
            "docker-compose.yml",
            "build: ./api\n",
            "build: ./api\n    mem_limit: 96m\n    memswap_limit: 96m\n",
        ),
        (
            "api/chat/api.py",
            "app = Starlette(",
            "kept = bytes(1 << 28).replace(b'\\0', b'x')\napp = Starlette(",
        ),
    ),
    "another-port": (
        *V2,
        ("docker-compose.yml", '      - "3000:3000"\n', '      - "3000:3000"\n      - "3100:3000"\n'),
    ),
    "not-built": (
        *V2,
        ("docker-compose.yml", "chat-api:latest\n    build: ./api\n", "chat-api:never-built\n"),
    ),
}


def checkout(folder: Path, release: str) -> Path:
    """Put a release into ``folder`` and commit it on branch ``main``; returns the folder.

    A folder that holds an earlier release is advanced to this one by a further commit. Raises UsageError
    for an unknown release, GonogoError where git fails.
    """
    if release not in RELEASES:
        raise UsageError(f"release {release!r} is unknown: expected one of {', '.join(RELEASES)}")
    folder.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(folder), *OWN]
    if not (folder / ".git").exists():
        check([*git, "init", "-q", "-b", "main"])
    for part in PARTS:
        _copy(SOURCE / part, folder / part)
    for file, old, new in RELEASES[release]:
        text = (folder / file).read_text()
        if text.count(old) != 1:
            raise AssertionError(f"release {release}: {file} holds {old!r} {text.count(old)} times, not once")
        (folder / file).write_text(text.replace(old, new))
    (folder / ".gitignore").write_text(".env\n")
    check([*git, "add", "-A"])
    check([*git, "commit", "-q", "--allow-empty", "-m", f"Release {release}"])
    return folder


def env_file(**overrides: str) -> bytes:
    """Return an env file with fresh secrets that hold what breaks careless quoting, and with the overrides.

    Each value is single-quoted, where Compose takes all but ``\\'`` literally, so Compose reads it exactly.
    """
    values = {
        "MONGO_INITDB_ROOT_USERNAME": "chat",
        "MONGO_INITDB_ROOT_PASSWORD": awkward_secret(),
        "JWT_SECRET": awkward_secret(),
        **overrides,
    }
    lines = (f"{key}={_quoted(value)}\n" for key, value in values.items())
    return "".join(lines).encode()


def awkward_secret() -> str:
    """Return a new secret with ``! $ @ / #``, both quotes and a space in it."""
    return f"{secrets.token_hex(8)}!$x@/#\"' {secrets.token_hex(8)}"


def _quoted(value: str) -> str:
    escaped = value.replace("'", "\\'")
    return f"'{escaped}'"


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, to)
