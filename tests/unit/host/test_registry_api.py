"""A registry's API with each kind of login, spoken to a small one."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gonogo.deploy.host import registry
from gonogo.deploy.host.logins import Login
from gonogo.deploy.host.registry import Greeting
from gonogo.deploy.host.registry_api import MOST, Way
from gonogo.deploy.host.registry_api import Registry as Session
from gonogo.deploy.host.registry_auth import NoAnswer, Refused, challenge
from gonogo.deploy.target.sections.delivery import Registry

LOGIN = Login("lab", "s3crét!")
BASIC = "Basic " + base64.b64encode("lab:s3crét!".encode()).decode()
MANIFEST = json.dumps({"config": {"digest": "sha256:" + "c" * 64}})
DIGEST = "sha256:" + "d" * 64


def jwt(*actions: str) -> str:
    claims = {"access": [{"type": "repository", "name": "team/app", "actions": list(actions)}]}
    coded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{coded}.c2ln"


@dataclass
class Small:
    """A registry that has team/app:1.0, and asks for a login as ``scheme`` says."""

    scheme: str = "basic"
    token: str = "opaque"
    realm: str = ""
    status: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0
    manifest: str = MANIFEST

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def session(self, login: Login | None = LOGIN) -> Session:
        return Session(Way(self.host, plain=True), login, timeout=5)

    def answer(self, method: str, path: str, given: str, form: dict[str, list[str]]) -> tuple[int, str]:
        url = urlsplit(path)
        self.asked.append((method, path))
        if self.status:
            return self.status, ""
        if url.path == "/token":
            query = {**parse_qs(url.query), **form}
            fits = query["scope"] == ["repository:team/app:pull,push"] and query["service"] == [
                "the registry"
            ]
            good = given == BASIC or query.get("refresh_token") == ["identity"]
            return (200, json.dumps({"token": self.token})) if fits and good else (401, "")
        wanted = {"basic": BASIC, "bearer": f"Bearer {self.token}", "": given}[self.scheme]
        if given != wanted:
            return 401, ""
        if url.path.startswith("/v2/team/app/manifests/"):
            return (200, self.manifest) if url.path.endswith("/1.0") else (404, "")
        return 200, "{}"

    @property
    def challenge(self) -> str:
        realm = self.realm or f"http://{self.host}/token"
        return {
            "basic": 'Basic realm="lab"',
            "bearer": f'Bearer realm="{realm}",service="the registry"',
            "": "",
        }[self.scheme]


@pytest.fixture
def small() -> Iterator[Small]:
    found = Small()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            given = self.headers.get("Authorization", "")
            status, text = found.answer(self.command, self.path, given, parse_qs(body))
            self.send_response(status)
            self.send_header("WWW-Authenticate", found.challenge)
            self.send_header("Docker-Content-Digest", DIGEST)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text.encode())

        do_HEAD = do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_address[1]
        thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("scheme", ["", "basic", "bearer"])
def test_what_a_login_finds(small: Small, scheme: str) -> None:
    small.scheme = scheme
    with small.session() as session:
        assert session.greet() == scheme
        session.check_login("team/app")
        assert session.digest("team/app", "1.0") == DIGEST
        assert session.digest("team/app", "2.0") == ""
        assert session.image_id("team/app", "1.0") == "sha256:" + "c" * 64
        assert session.image_id("team/app", "2.0") == ""
    assert len([path for _, path in small.asked if path.startswith("/token")]) == (scheme == "bearer")


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_a_wrong_password(small: Small, scheme: str) -> None:
    small.scheme = scheme
    with (
        small.session(Login("lab", "wrong-one")) as session,
        pytest.raises(Refused, match="refuses") as refused,
    ):
        session.check_login("team/app")
    assert "wrong-one" not in str(refused.value)


def test_an_identity_token_is_exchanged(small: Small) -> None:
    small.scheme = "bearer"
    with small.session(Login(token="identity")) as session:
        session.check_login("team/app")
    assert ("POST", "/token") in small.asked
    assert not any("identity" in path for _, path in small.asked)


def test_a_token_that_does_not_allow_to_push(small: Small) -> None:
    small.scheme, small.token = "bearer", jwt("pull")
    with small.session() as session:
        with pytest.raises(Refused, match="does not let the login push to team/app"):
            session.check_login("team/app")
        small.token = jwt("pull", "push")
    with small.session() as session:
        session.check_login("team/app")


def test_a_repository_that_the_login_may_not_see(small: Small) -> None:
    with small.session() as session:
        session.greet()
        small.status = 403
        with pytest.raises(Refused, match="does not let the login see team/app"):
            session.digest("team/app", "1.0")
        small.status = 500
        with pytest.raises(NoAnswer, match=r"HTTP 500 for team/app:1\.0"):
            session.image_id("team/app", "1.0")


def test_logins_are_sent_to_no_place_without_tls(small: Small) -> None:
    small.scheme, small.realm = "bearer", "file:///etc/passwd"
    with small.session() as session, pytest.raises(NoAnswer, match="which is not https"):
        session.check_login("team/app")


def test_what_is_no_registry(small: Small) -> None:
    small.status = 404
    here = Registry(host=small.host, plain_http=True)
    assert registry.greet(here) == Greeting(
        problem=f"{small.host} answered HTTP 404 to /v2/: it is no registry"
    )
    with_tls = registry.greet(Registry(host=small.host))
    assert with_tls.problem == f"{small.host} does not speak TLS"


def test_an_answer_without_an_end_is_none(small: Small) -> None:
    small.manifest = "x" * (MOST + 1)
    with small.session() as session, pytest.raises(NoAnswer, match="answered with more than 4194304 bytes"):
        session.image_id("team/app", "1.0")


def test_a_registry_behind_a_forward(small: Small) -> None:
    named = Registry(host="localhost:5000", plain_http=True)
    assert registry.greet(named, forward=small.port) == Greeting("basic")


def test_nothing_is_sent_in_the_open() -> None:
    said = registry.greet(Registry(host="registry.invalid:5000", plain_http=True))
    assert "without TLS" in said.problem


def test_certificates_that_are_none() -> None:
    said = registry.greet(Registry(host="registry.invalid"), certificates="no certificate")
    assert said.problem == "the certificates that Docker trusts for registry.invalid cannot be read"


def test_kinds_of_logins() -> None:
    assert challenge('BASIC realm="x"') == ("basic", {"realm": "x"})
    both = 'Basic realm="x", Bearer realm="https://a/t",service="s",scope="a,b"'
    assert challenge(both) == ("bearer", {"realm": "https://a/t", "service": "s", "scope": "a,b"})
    for header in ("", 'Negotiate abc="x"'):
        with pytest.raises(NoAnswer, match="not known here"):
            challenge(header)
