"""Names of images in registries, what the target's client says, and the logins that Docker keeps here."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import cast

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import registry
from gonogo.deploy.host.logins import Login, login_of
from gonogo.deploy.host.registry import Client
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.delivery import Registry
from tests.unit.stacks import Answering
from tests.unit.tables import every


def test_where_the_api_is() -> None:
    assert registry.port(Registry(host="docker.io")) == ("registry-1.docker.io", 443)
    assert registry.port(Registry(host="registry.example.com:8443")) == ("registry.example.com", 8443)
    assert registry.port(Registry(host="localhost", plain_http=True)) == ("localhost", 80)


@every(
    "text, expected",
    [
        ("entry\nseen\n", Client(True, "r/app", True)),
        ("none\nno basic auth credentials\n", Client(False, "r/app", refused="no basic auth credentials")),
        ("entry\nno such manifest: r/app\nPEM\nPEM\n", Client(True, "r/app", certificates="PEM\nPEM\n")),
        ("none\n\n", Client(False, "r/app")),
        ("", Client(False, "r/app")),
    ],
)
def test_what_the_targets_client_says(text: str, expected: Client) -> None:
    there = Answering(0, text)
    host = Host.over(cast(Connection, there))
    assert host.registry("r.example.com:5000", "r/app").client == expected
    assert "config.json" in there.asked[0] and "docker login" not in there.asked[0]


def docker_config(folder: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    (folder / "config.json").write_text(content)
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


def test_the_login_in_dockers_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    auths = {
        "r.example.com": {"auth": base64.b64encode(b"lab:pass:word").decode()},
        "https://t.example.com/v2/": {"identitytoken": "identity"},
        "e.example.com": {},
    }
    docker_config(tmp_path, monkeypatch, json.dumps({"auths": auths}))
    assert login_of("r.example.com") == Login("lab", "pass:word")
    assert login_of("t.example.com") == Login(token="identity")
    assert login_of("e.example.com") is None
    assert login_of("other.example.com") is None
    assert "pass:word" not in repr(login_of("r.example.com"))


def test_the_login_that_a_helper_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "docker-credential-lab"
    helper.write_text(
        '#!/bin/sh\nread host\necho "{\\"Username\\": \\"lab\\", \\"Secret\\": \\"of $host\\"}"\n'
    )
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    docker_config(tmp_path, monkeypatch, json.dumps({"credHelpers": {"r.example.com": "lab"}}))
    assert login_of("r.example.com") == Login("lab", "of r.example.com")
    helper.write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    with pytest.raises(GonogoError, match=r"docker login r\.example\.com"):
        login_of("r.example.com")


def test_a_login_that_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker_config(tmp_path, monkeypatch, json.dumps({"auths": {"r.example.com": {"auth": "no colon!"}}}))
    with pytest.raises(GonogoError, match="cannot be read"):
        login_of("r.example.com")
