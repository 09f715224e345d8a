"""Somebody who has the README, a stack and a server: what they type is run as it stands in the documents."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab import host, images
from lab.state import ROOT

PROJECT = ("__init__.py", "checks", "deploy", "reports", "conftest.py", "pyproject.toml", "Makefile", ".ci")
ROOT_SETUP = """
useradd -m -s /bin/bash -G docker -p '*' you
install -d -o you -g you -m 700 /home/you/.ssh
install -o you -g you -m 600 /home/deploy/.ssh/authorized_keys /home/you/.ssh/authorized_keys
sed -i 's/^AllowUsers deploy$/AllowUsers deploy you/' /etc/ssh/sshd_config.d/lab.conf
install -d -o you -g you /srv/shop
"""


@dataclass(frozen=True)
class Newcomer:
    """A copy of the project, a stack beside it, a server that ssh knows as ``server``, and a login there.

    The project is a copy, called as Python knows it: what a test leaves is not in that of whoever runs it.
    """

    made: host.Host
    folder: Path

    @property
    def project(self) -> Path:
        return self.folder / "gonogo"

    @property
    def stack(self) -> Path:
        return self.folder / "shop"

    def lay(self, files: dict[str, str], message: str) -> None:
        """Write files of the stack, and commit all."""
        for name, text in files.items():
            (self.stack / name).write_text(text)
        git = ["git", "-C", str(self.stack), "-c", "user.name=you", "-c", "user.email=you@localhost"]
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", message]):
            subprocess.run([*git, *words], check=True, capture_output=True)

    def types(
        self, text: str, at: Path, answers: str = "", timeout: float = 300, **environment: str
    ) -> tuple[int, str]:
        """Run shell text in a folder, with ``answers`` typed on a terminal; returns its status and output."""
        leader, follower = os.openpty()
        os.write(leader, answers.encode())
        try:
            done = subprocess.run(
                ["bash", "-c", text],
                cwd=at,
                stdin=follower,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
                env=self.environment | environment,
            )
        finally:
            os.close(leader)
            os.close(follower)
        return done.returncode, done.stdout.decode(errors="replace")

    @contextmanager
    def begins(self, text: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
        """Begin a command in the stack's folder; gives its process, and its output to be read meanwhile."""
        argv, env = ["bash", "-c", f"exec {text}"], self.environment
        with subprocess.Popen(argv, cwd=self.stack, env=env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            yield process, process.stdout

    @property
    def environment(self) -> dict[str, str]:
        """Their shell's variables: the ssh that knows the server, the copied project's gonogo, no colours."""
        path = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(self.project.parent),
            "COLUMNS": "200",
            "NO_COLOR": "1",
            **{f"GIT_{who}_{what}": "you" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }

    def admitted(self) -> None:
        """Let sshd read its files again, and wait until it lets them in."""
        self.there('kill -HUP "$(cat /run/sshd.pid)"')
        line = "for n in $(seq 50); do sleep 0.1; ssh you@server true 2>/dev/null && exit 0; done; exit 1"
        status, output = self.types(line, self.folder)
        assert status == 0, output

    def there(self, script: str) -> str:
        """Return what a script of root's printed on the server."""
        done = host.execute(self.made.name, script, user="root")
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()


@contextmanager
def newcomer(name: str, folder: Path, kind: type[Newcomer] = Newcomer) -> Iterator[Newcomer]:
    """Give somebody with a server of their own, which has the images already."""
    try:
        made = host.up(name, images.FOR_STACKS)
        found = kind(made, folder)
        found.there(ROOT_SETUP)
        found.stack.mkdir()
        copied(found.project)
        (folder / "bin").mkdir()
        config = folder / "ssh_config"
        config.write_text(made.config.read_text().replace(f"Host {made.alias}", "Host server"))
        ssh = folder / "bin" / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F "{config}" "$@"\n')
        ssh.chmod(0o755)
        found.admitted()
        yield found
    finally:
        host.down(name)


def copied(to: Path, *more: str) -> None:
    """Copy what makes the project into a folder, and more parts of it, with the environment of this one."""
    to.mkdir(exist_ok=True)
    for part in (*PROJECT, *more):
        _copy(ROOT / part, to / part)
    _environment(to / ".venv")


def _environment(to: Path) -> None:
    """Let the copied project have the virtual environment of this one, made already."""
    to.mkdir()
    for part in Path(sys.prefix).iterdir():
        if part.name != ".ready":
            (to / part.name).symlink_to(part)
    (to / ".ready").touch()


def _copy(source: Path, to: Path) -> None:
    if source.is_file():
        shutil.copy2(source, to)
        return
    ignored = shutil.ignore_patterns("__pycache__", "published")
    shutil.copytree(source, to, ignore=ignored)
    for file in (to / "targets").glob("*.toml"):
        if file.stem != "example":
            file.unlink()
