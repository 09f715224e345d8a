"""This machine's Docker client, with a configuration of its own where a login was given for one registry."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host.own_variables import own_variables

TIMEOUT_S = 3600
SHARED = ("contexts", "cli-plugins")
CLIENT_ONLY = ("DOCKER_AUTH_CONFIG", "DOCKER_CONTENT_TRUST", "DOCKER_DEFAULT_PLATFORM")
"""Variables that change a push or a pull by Docker's client, and that its SDK does not know."""


@dataclass(frozen=True)
class Given:
    """A login for a registry that came with the target file's variables."""

    user: str
    password: str = field(repr=False)


def docker(
    *arguments: str, folder: Path | None = None, stdin: str = "", timeout: float = TIMEOUT_S
) -> subprocess.CompletedProcess[str]:
    """Run Docker's client here and return its result; ``folder``: its configuration, else the user's own."""
    own = {"DOCKER_CONFIG": str(folder)} if folder else {}
    try:
        return subprocess.run(
            ["docker", *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
            env={**own_variables(), **own},
        )
    except OSError as error:
        raise GonogoError(f"docker does not start on this machine: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise GonogoError(f"`docker {arguments[0]}` did not end within {timeout:g} s here") from None


@contextlib.contextmanager
def logged_in(host: str, given: Given | None) -> Iterator[Path | None]:
    """Log in to a registry in a configuration folder of our own, and out at the end; yields the folder.

    Without a login it is None: the user's own configuration and logins hold. Raises GonogoError when the
    registry refuses the login. The password travels by standard input and is kept in no other place.
    """
    if given is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="gonogo-docker-") as name:
        folder = Path(name)
        _like_the_users(folder, host)
        done = docker(
            "login", "-u", given.user, "--password-stdin", host, folder=folder, stdin=given.password
        )
        if done.returncode != 0:
            said = explained(done.stderr, done.stdout)
            raise GonogoError(f"this machine: docker login to {host} as {given.user} failed: {said}")
        try:
            yield folder
        finally:
            docker("logout", host, folder=folder, timeout=60)


def _like_the_users(folder: Path, host: str) -> None:
    """The engine that the user chose holds here too, and no helper of theirs is given the login to keep.

    Docker looks for a helper of its own accord unless the configuration names a registry.
    """
    users = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        found = json.loads((users / "config.json").read_text())
        context = {"currentContext": found["currentContext"]} if found.get("currentContext") else {}
    except (OSError, ValueError, AttributeError):
        context = {}
    for shared in SHARED:
        if (users / shared).is_dir():
            (folder / shared).symlink_to(users / shared)
    file = folder / "config.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"auths": {host: {}}, **context}))
