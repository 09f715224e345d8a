"""Where a campaign plays: a host with the example stack, foreign things, and a line that can be harmed."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import demo, faults, host, images, registry
from lab.docker import check
from lab.relay import Relay
from tests.lab.chat import STACK, Chat

MOUNT = f"mount -t tmpfs -o size=800m,mode=755 gonogo-stack {STACK} && chown deploy: {STACK}"
THEIRS = f"""
docker run -d --name theirs --restart unless-stopped --entrypoint sleep gonogo-lab/redis:latest infinity
docker create --name theirs-stopped --entrypoint true -v theirs-data:/data gonogo-lab/redis:latest
docker tag gonogo-lab/redis:latest theirs:1
docker network create theirs-net
mkdir -p /srv/other && echo theirs > /srv/other/notes.txt
echo theirs > {STACK}/notes.txt
echo theirs > /home/deploy/notes.txt
chown deploy: {STACK}/notes.txt /home/deploy/notes.txt
"""
KEPT = f"/srv/other/notes.txt {STACK}/notes.txt /home/deploy/notes.txt {STACK}/.env"
LOOKS = {
    "containers": "docker ps -aq --no-trunc | xargs -r docker inspect -f "
    "'{{.Name}} {{.Id}} {{.Image}} {{.State.StartedAt}} {{.State.Status}}'",
    "volumes": "docker volume ls -q",
    "networks": "docker network ls --no-trunc -f type=custom --format '{{.Name}} {{.ID}}'",
    "images": "docker images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' "
    "| grep -Ev '^([0-9.]+:5000/)?chat-'",
    "files": f"sha256sum {KEPT}; ls -A {STACK} /tmp /home/deploy | grep -Ev '^(.deploy|runc-process.*)$'",
    "current": f"cat {STACK}/.deploy/current/release.json",
    "journal": f"tail -n 400 {STACK}/.deploy/journal.jsonl",
    "lock": f"cat {STACK}/.deploy/lock 2>/dev/null",
}
USER, PASSWORD = "lab", "s3cret-of-the-lab!$ '\""
LOGIN = {"REGISTRY_USERNAME": USER, "REGISTRY_PASSWORD": PASSWORD}
TRIES = 3
"""`docker exec` on a machine that is very busy was seen to end well and to lose a part of what was said."""
MARK = "=== "
ROOM = "[thresholds]\ndisk_free_gb = 0.2\n\n"
OLD_BACKUPS = f"cd {STACK}/.deploy/backups 2>/dev/null && ls -1t | tail -n +4 | xargs -r rm -rf --; true"


@dataclass(frozen=True)
class Life:
    """One life of a container: what it is, and since when."""

    id: str
    image: str
    started: str
    state: str


@dataclass(frozen=True)
class Seen:
    """What there is on the host, as root sees it; by what was asked, in lines."""

    parts: dict[str, list[str]]

    @property
    def containers(self) -> dict[str, Life]:
        """The containers by name."""
        rows = (line.split() for line in self.parts["containers"])
        return {name.lstrip("/"): Life(*rest) for name, *rest in rows}

    @property
    def release(self) -> dict[str, object]:
        """The record of the release that is current."""
        return dict(json.loads("\n".join(self.parts["current"])))

    @property
    def journal(self) -> list[dict[str, str]]:
        """The last lines of the journal; all of them are whole."""
        return [json.loads(line) for line in self.parts["journal"]]


@dataclass
class Stage:
    """A host with release v1 and its data; ``line`` is the only way by which a runner reaches it.

    ``registry``: one that runs there, and that both engines trust. ``unwritten``: from when to when (ns since
    1970) the database acknowledged what it may have lost, as it was killed.
    """

    chat: Chat
    line: Relay
    address: str
    registry: registry.Registry
    unwritten: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """The host's name in the lab."""
        return self.chat.made.name

    def root(self, script: str, stdin: bytes | None = None) -> str:
        """Run a script on the host as root, past the line."""
        done = host.execute(self.name, f"timeout 60 bash -c {_quoted(script)}", user="root", stdin=stdin)
        assert done.returncode == 0, f"{script}: {done.stderr.decode()}"
        return done.stdout.decode()

    def look(self) -> Seen:
        """Return what there is on the host now."""
        script = "; ".join(f"echo; echo '{MARK}{name}'; {look}" for name, look in LOOKS.items())
        for _ in range(TRIES):
            parts: dict[str, list[str]] = {}
            for line in self.root(f"{{ {script}; }} 2>/dev/null || true").splitlines():
                if line.startswith(MARK):
                    lines = parts.setdefault(line.removeprefix(MARK), [])
                elif line:
                    lines.append(line)
            if parts.keys() == LOOKS.keys():
                break
        for name in ("containers", "volumes", "networks", "images"):
            parts[name].sort()
        return Seen(parts)

    def target(self, *changes: tuple[str, str]) -> None:
        """Write the target file, with texts in it replaced; it leads over the line."""
        config = self.chat.folder / "ssh_config"
        self.chat.target(
            (str(self.chat.made.config), str(config)), ("\n[mongodb]", f"\n{ROOM}[mongodb]"), *changes
        )

    def by_registry(self) -> None:
        """Let what is checked out be deployed by way of the registry."""
        names = ("chat-api:latest", "chat-web:latest")
        self.chat.edit("docker-compose.yml", *((name, f"{self.registry.host}/{name}") for name in names))
        text = self.chat.file.read_text()
        text = text.replace("\n[[health]]", f"\n{_method(self.registry)}[[health]]", 1)
        self.chat.file.write_text(text.replace("\nproject =", '\nmethod = "registry"\nproject =', 1))

    def gonogo(self, *words: str, reports: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of gonogo's on the target, to its end."""
        more = ["--reports", str(self.chat.published)] if reports else []
        return self.chat._run(
            [sys.executable, "-m", "gonogo.deploy", words[0], str(self.chat.file), *more, *words[1:]]
        )

    def well(self) -> None:
        """Wait until the host's engine answers, and make room as its owner would."""
        self.line.fix()
        self.line.resume()
        self.line.slow(0.0)
        self.root(f"{faults.START_ENGINE}; {OLD_BACKUPS}")


@contextlib.contextmanager
def stage(name: str, folder: Path) -> Iterator[Stage]:
    """Give a stage that is ready; its host is removed at the end."""
    made = host.up(name, images.FOR_STACKS)
    try:
        done = host.execute(name, MOUNT, user="root")
        assert done.returncode == 0, done.stderr.decode()
        chat = Chat.up(name, folder)
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        address = check(["docker", "inspect", "-f", form, made.container]).strip()
        with _registry(name) as found_, Relay(made.port) as line:
            authority = folder / "authority.crt"
            authority.write_text(found_.authority)
            chat.environment = {**LOGIN, "SSL_CERT_FILE": str(authority)}
            config = folder / "ssh_config"
            config.write_text(_through(made, line.port))
            found = Stage(chat, line, address, found_)
            found.target()
            chat.release("v1")
            done_ = chat.deploy()
            assert done_.returncode == 0, done_.stdout + done_.stderr
            demo.seed(name)
            found.root(THEIRS)
            yield found
    finally:
        host.down(name)


@contextlib.contextmanager
def _registry(name: str) -> Iterator[registry.Registry]:
    with registry.running(name, USER, PASSWORD) as found, found.trusted_here():
        found.trusted()
        yield found


def _method(found: registry.Registry) -> str:
    names = "".join(f'{key.removeprefix("REGISTRY_").lower()}_variable = "{key}"\n' for key in LOGIN)
    return f'[registry]\nhost = "{found.host}"\n{names}\n'


def _through(made: host.Host, port: int) -> str:
    """The host's ssh_config, through another port; its keys are known under its own."""
    text = re.sub(r"Port \d+", f"Port {port}", made.config.read_text())
    return f"{text}    HostKeyAlias [127.0.0.1]:{made.port}\n"


def _quoted(script: str) -> str:
    return "'" + script.replace("'", "'\\''") + "'"
