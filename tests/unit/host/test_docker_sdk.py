"""Engines of other API versions than the libraries' own: a stand-in answers in the words of Docker's API."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.docker_sdk import local_engine
from gonogo.deploy.ssh.connection import Result
from gonogo.deploy.transfer import image_build

IMAGE = "sha256:" + "1" * 64


class Server(socketserver.ThreadingUnixStreamServer):
    """An engine that knows API versions from ``least`` to ``most``, and refuses others as Docker does."""

    daemon_threads = True

    def __init__(self, path: Path, least: str, most: str) -> None:
        super().__init__(str(path), Handler)
        self.least, self.most, self.asked = least, most, list[str]()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "unix"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        found = re.match(r"/v([\d.]+)/", self.path)
        given = found[1] if found else self.server.most
        if numbers(given) < numbers(self.server.least):
            self.answer(400, {"message": refused(given, "old", "Minimum", self.server.least)})
        elif numbers(given) > numbers(self.server.most):
            self.answer(400, {"message": refused(given, "new", "Maximum", self.server.most)})
        elif self.path.endswith("/version"):
            self.answer(200, {"ApiVersion": self.server.most, "MinAPIVersion": self.server.least})
        elif self.path.endswith("/json"):
            self.answer(200, {"Id": IMAGE, "RepoTags": []})
        else:
            self.answer(200, "OK")

    def answer(self, status: int, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def refused(given: str, how: str, which: str, bound: str) -> str:
    return f"client version {given} is too {how}. {which} supported API version is {bound}"


@contextmanager
def standing_in(folder: Path, monkeypatch: pytest.MonkeyPatch, least: str, most: str) -> Iterator[Server]:
    path = folder / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with Server(path, least, most) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(("least", "most"), [("1.44", "1.60"), ("1.12", "1.30"), ("1.24", "1.24")])
def test_the_engine_is_asked_in_a_version_that_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: str, most: str
) -> None:
    with standing_in(tmp_path, monkeypatch, least, most) as server:
        assert image_build.local_ids(["shop-web"]) == {"shop-web": IMAGE}
    assert server.asked[-1].startswith(f"/v{most}/"), server.asked


@pytest.mark.parametrize("chosen", ["DOCKER_CONTEXT", "currentContext"])
def test_the_engine_of_the_users_context_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    with standing_in(tmp_path, monkeypatch, "1.24", "1.41") as server:
        endpoint = {"Host": os.environ["DOCKER_HOST"], "SkipTLSVerify": False}
        meta = tmp_path / "contexts" / "meta" / hashlib.sha256(b"builder").hexdigest() / "meta.json"
        meta.parent.mkdir(parents=True)
        meta.write_text(json.dumps({"Name": "builder", "Metadata": {}, "Endpoints": {"docker": endpoint}}))
        current = {"currentContext": "builder"} if chosen == "currentContext" else {}
        (tmp_path / "config.json").write_text(json.dumps(current))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        monkeypatch.delenv("DOCKER_HOST")
        if not current:
            monkeypatch.setenv("DOCKER_CONTEXT", "builder")
        local_engine().close()
        assert server.asked


def test_an_engine_that_is_too_old_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        standing_in(tmp_path, monkeypatch, "1.12", "1.22"),
        pytest.raises(GonogoError, match=r"^this machine's Docker Engine is older than API version 1\.24"),
    ):
        local_engine()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            refused("1.41", "old", "Minimum", "1.44"),
            "asks in API version 1.41, and the engine takes none below 1.44",
        ),
        (
            refused("1.60", "new", "Maximum", "1.41"),
            "asks in API version 1.60, and the engine knows none above 1.41",
        ),
    ],
    ids=["too old", "too new"],
)
def test_a_command_that_the_engine_refuses_is_one_sentence(said: str, told: str) -> None:
    result = Result("docker version", 1, b"", f"Error response from daemon: {said}\n".encode(), 0.0)
    found = unreachable("shop", result)
    assert found.check == "docker.healthy"
    assert told in str(found)
    assert "DOCKER_API_VERSION" in str(found)
