"""A release of one service, what its files give, and what runs of it: for the tests of verify's checks."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Port
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.container import Container, Given
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.records import Baseline, Image, Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.verified import Verified
from gonogo.reports.model import CheckResult
from tests import harness
from tests.unit.stacks import container, model, target

API: dict[str, Any] = {
    "image": "api",
    "build": {"context": "/x", "target": "production"},
    "environment": {"DB_PASSWORD": "S3cret-of-the-model", "NODE_ENV": "production", "BLANK": ""},
    "ports": [{"target": 8001, "published": "8001", "protocol": "tcp"}],
    "volumes": [
        {"type": "volume", "source": "data", "target": "/data"},
        {"type": "bind", "source": "/srv/shop/conf/", "target": "/etc/api", "read_only": True},
        {"type": "tmpfs", "target": "/tmp"},
    ],
}


GOOD = container(
    "api",
    bound=(Port("0.0.0.0", 8001, 8001, "tcp"), Port("::", 8001, 8001, "tcp")),
    mounts=(
        ("volume", "data", "/data"),
        ("bind", "/srv/shop/conf", "/etc/api"),
        ("volume", "f" * 64, "/more"),
    ),
    read_only=("/etc/api",),
)


MADE = Given(
    {"DB_PASSWORD": "S3cret-of-the-model", "NODE_ENV": "production", "PATH": "/bin"}, ("node", "server.js")
)


RECORD = Record(
    version="v1",
    created="",
    project="shop",
    images={"api": Image(name="api", id="sha256:api")},
    hashes={"api": "h1 h2"},
)


class World:
    """A release, what its files give, and what runs."""

    def __init__(
        self, running: Container = GOOD, made: Given = MADE, stack: Model | None = None, **tables: Any
    ):
        self.target = target(**tables)
        self.release = Release(self.target, None, Redactor())
        self.stack = stack or model(api=API)
        self.known(containers=[running], made_with={"api": made}, images={}, usage={})

    def known(self, **given: Any) -> None:
        """Let the containers be these, or properties of their project have other values."""
        keys = {name: f'host.project("shop").{name}' for name in given} | {
            "containers": "host.containers.all"
        }
        self.release.answers.known |= {keys[name]: Answer(value, None) for name, value in given.items()}

    def result(
        self,
        check: str,
        monkeypatch: pytest.MonkeyPatch,
        recorded: bool = True,
        baseline: Baseline | None = None,
        **options: str,
    ) -> CheckResult:
        monkeypatch.setattr(Verified, "_recorded", (RECORD if recorded else None, baseline))
        monkeypatch.setattr(Verified, "model", self.stack)
        return harness.run(self.target, self.release, suite="verify", only={check}, **options)[check]


def changed(**given: Any) -> Container:
    return container(
        "api", **{"bound": GOOD.bound, "mounts": GOOD.mounts, "read_only": GOOD.read_only, **given}
    )
