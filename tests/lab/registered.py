"""A stack whose built image goes through a registry, with the logins of both machines and their trust."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps.recording import record
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse
from gonogo.reports.model import CheckResult
from lab import host, registry
from tests import harness

USER, PASSWORD, WRONG = "lab", "s3cret-of-the-lab!$", "a-wrong-password"
VERSION = "0123abcd-20260131-080559"
CHECKS = {f"registry.{what}" for what in ("configured", "reachable", "login", "tag")}
ROOM = "/srv/shop"


@dataclass
class Shop:
    """A stack of one built service, its registry, and this machine's Docker configuration."""

    made: host.Host
    folder: Path
    registry: registry.Registry
    connection: Connection

    def target(self, image: str = "", **table: object) -> Target:
        name = image or f"{self.registry.host}/team/app:1.0"
        (self.folder / "compose.yaml").write_text(f"services: {{app: {{build: ./app, image: '{name}'}}}}\n")
        given = {"host": self.registry.host, **table}
        return target(self.made, self.folder, registry=given)

    def login(self, password: str | None) -> None:
        """Log this machine in, which keeps its logins in a folder of the test."""
        coded = base64.b64encode(f"{USER}:{password}".encode()).decode()
        logins = {self.registry.host: {"auth": coded}} if password else {}
        (self.folder / "docker" / "config.json").write_text(json.dumps({"auths": logins}))

    def push(self, name: str) -> None:
        """Put a small image into the registry, from the lab host."""
        make = f"tar -C /etc -c hostname | docker import - {name}"
        done = host.execute(self.made.name, f"{make} && docker push -q {name} && docker rmi {name}")
        assert done.returncode == 0, done.stderr.decode()

    def checked(self, of: Target | None = None, *, skip_build: bool = False) -> dict[str, CheckResult]:
        of = of or self.target()
        release = Release(of, self.connection, Redactor(), version=VERSION)
        found = harness.run(of, release, only=CHECKS, skip_build=skip_build)
        assert PASSWORD not in record(release, self.connection, {}) + repr(self.connection.transcript.entries)
        return found

    def failing(self, of: Target | None = None, *, skip_build: bool = False) -> dict[str, str]:
        return harness.failed(self.checked(of, skip_build=skip_build))


def target(made: host.Host, folder: Path, **given: object) -> Target:
    """The target of the stack, with other tables."""
    fields = {
        "host": made.alias,
        "path": ROOM,
        "source": str(folder),
        "project": "shop",
        "compose_files": ["compose.yaml"],
        "ssh": {"config_file": str(made.config)},
    }
    return parse({**fields, **given}, folder / "shop.toml")


def settle(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Let all be well: both machines trust the registry and are logged in."""
    configuration = shop.folder / "docker"
    configuration.mkdir()
    (configuration / "cli-plugins").symlink_to(Path.home() / ".docker" / "cli-plugins")
    monkeypatch.setenv("DOCKER_CONFIG", str(configuration))
    if shop.registry.authority:
        (shop.folder / "ca.crt").write_text(shop.registry.authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(shop.folder / "ca.crt"))
        shop.registry.trusted()
    shop.login(PASSWORD)
    shop.registry.login(USER, PASSWORD)
    (shop.folder / "app").mkdir()
    (shop.folder / "app" / "Dockerfile").write_text("FROM scratch\n")
    return shop
