"""The example stack on a lab host of its own, deployed with the very command that a user types."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab import demo, host, images, state
from lab.kind import NEWEST, Kind
from lab.stack import release
from tests.forkserver import forked

STACK = demo.STACK
MARK = "=== the part "
# What is asked of a host byte for byte: the stack, homes, temporary files and configuration.
WATCHED = "/srv /home /root /tmp /etc /opt /usr/local"
# A hundred requests a second, as others are watched, would take half a processor of every test.
CALM = "availability.rate = 2\n\n"
# The engine's own: its runtime passes parameters in files that live for a moment.
ENGINES = "! -name 'runc-process*'"


@dataclass
class Chat:
    """One host with an env file and the images that every release shares, and a target file for it."""

    made: host.Host
    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    arguments: set[str] = field(default_factory=set)
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def up(cls, name: str, folder: Path, kind: Kind = NEWEST, **environment: str) -> Chat:
        made = host.up(name, images.FOR_STACKS, kind)
        secrets = {
            "MONGO_INITDB_ROOT_PASSWORD": release.awkward_secret(),
            "JWT_SECRET": release.awkward_secret(),
        }
        chat = cls(made, folder, secrets)
        chat.env(**environment)
        host.execute(name, f"chown deploy:deploy {STACK}", user="root")
        chat.target()
        return chat

    @property
    def source(self) -> Path:
        return self.folder / "chat"

    @property
    def file(self) -> Path:
        return self.folder / "chat.toml"

    @property
    def published(self) -> Path:
        return self.folder / "published"

    def env(self, *, without: str = "", **changed: str) -> None:
        """Write the env file: the stack's own values, with changes."""
        text = release.env_file(**{**self.secrets, **changed}).decode().splitlines(keepends=True)
        kept = "".join(line for line in text if not (without and line.startswith(f"{without}=")))
        host.put(self.made.name, f"{STACK}/.env", kept.encode())

    def target(self, *changes: tuple[str, str]) -> None:
        """Write the target file, with texts in it replaced."""
        text = demo.target_text(self.made, self.source).replace("\n[[health]]", f"\n{CALM}[[health]]", 1)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.file.write_text(text)

    def release(self, name: str) -> None:
        release.checkout(self.source, name)

    def edit(self, file: str, *changes: tuple[str, str]) -> None:
        """Replace texts in a file of the checkout and commit it."""
        path = self.source / file
        text = path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        self.commit(f"Change {file}")

    def commit(self, message: str) -> None:
        """Commit all that is in the checkout."""
        git = ["git", "-C", str(self.source), "-c", "user.name=lab", "-c", "user.email=lab@localhost"]
        for words in (["add", "-A"], ["commit", "-q", "-m", message]):
            subprocess.run([*git, *words], check=True, capture_output=True)

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        arguments = ["deploy", str(self.file), "--yes", "--reports", str(self.published), *options]
        return self._run([sys.executable, "-m", "gonogo.deploy", *arguments])

    def suite(self, name: str, *options: str) -> tuple[int, dict[str, dict[str, str]]]:
        """Run a suite as a user does; returns pytest's exit status and the results by check id."""
        results = self.folder / f"{name}-{len(self.outputs)}.jsonl"
        argv = [sys.executable, "-m", "pytest", f"checks/{name}", "--target", str(self.file)]
        done = self._run([*argv, "--results", str(results), "-p", "no:cacheprovider", *options])
        assert not re.search(r"(?m)^Traceback", done.stdout)  # a log that a check shows may hold one
        rows = [json.loads(line) for line in results.read_text().splitlines()]
        return done.returncode, {row["id"]: row for row in rows if "id" in row}

    def failing(self, *options: str) -> dict[str, str]:
        """Run preflight; returns the message of each check that failed, {} when it passed."""
        code, found = self.suite("preflight", *options)
        failed = {name: row["message"] for name, row in found.items() if row["status"] == "failed"}
        blocked = [name for name, row in found.items() if row["status"] == "blocked"]
        assert code == (1 if failed or blocked else 0), self.outputs[-2]
        assert failed or not blocked
        return failed

    def shell(self, script: str, user: str = "deploy") -> str:
        done = host.execute(self.made.name, script, user=user)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def containers(self) -> dict[str, str]:
        """The ids of all containers, by name."""
        rows = self.shell("docker ps -a --no-trunc --format '{{.Names}} {{.ID}}'").splitlines()
        return dict(sorted(row.split() for row in rows))

    def health(self) -> dict[str, object]:
        return dict(json.loads(self.shell("curl -s http://127.0.0.1:8001/api/health")))

    def snapshot(self) -> dict[str, str]:
        """Everything on the host that a deployment could change; files by content, owner, mode and time."""
        parts = {
            "containers": "docker ps -aq --no-trunc | sort | xargs -r docker inspect "
            "-f '{{.Id}} {{.Image}} {{.State.StartedAt}} {{.State.Status}} {{.Name}}'",
            "images": "docker images -a --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}' | sort",
            "volumes": "docker volume ls -q | sort",
            "networks": "docker network ls --no-trunc --format '{{.ID}} {{.Name}}' | sort",
            "folders": f"find {WATCHED} -type d -printf '%p %m %u %g\\n' | sort",
            "files": f"find {WATCHED} {ENGINES} ! -type d -printf '%p %y %m %u %g %s %T@ %l\\n' | sort",
            "content": f"find {WATCHED} {ENGINES} -type f -print0 | sort -z | xargs -0 sha256sum",
        }
        said = self.shell(
            "".join(f"echo '{MARK}{name}'\n{one}\n" for name, one in parts.items()), user="root"
        )
        found = dict(part.split("\n", 1) for part in said.split(MARK)[1:])
        assert found.keys() == parts.keys()
        return found

    def page(self) -> str:
        """The report page published last."""
        pages = sorted(self.published.glob("*/*/index.html"), key=lambda page: page.stat().st_mtime)
        return pages[-1].read_text()

    def cut_off(self, at: str, how: signal.Signals) -> tuple[int, str]:
        """Deploy what is checked out, and send the runner a signal as soon as a line begins with ``at``.

        Returns its exit status and what it said.
        """
        argv = [sys.executable, "-m", "gonogo.deploy", "deploy", str(self.file), "--yes", "--reports"]
        argv.append(str(self.published))
        said = ""
        with subprocess.Popen(argv, cwd=state.ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for line in process.stdout:
                said += line
                if line.startswith(at) and how == signal.SIGKILL:
                    time.sleep(0.2)  # a step is shown before it is journalled
                    process.kill()
                    break  # what it had started may hold its output open
                if line.startswith(at):
                    process.send_signal(how)
        return process.returncode, said

    def _run(self, argv: list[str]) -> subprocess.CompletedProcess[str]:
        done = typed(argv, **self.environment)
        self.outputs += [done.stdout, done.stderr]
        return done


def typed(argv: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in this project's folder, as a user does who types nothing while it runs."""
    return subprocess.run(
        forked(argv),
        cwd=state.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


def difference(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The lines in which two snapshots differ."""
    pairs = ((set(before[part].splitlines()), set(after[part].splitlines())) for part in before)
    return sorted(line for old, new in pairs for line in old ^ new)
