"""A new user with the README, a stack that gonogo has never seen and an empty server: two releases."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import documents
from tests.lab.newcomer import Newcomer, newcomer

pytestmark = pytest.mark.lab
NAME = f"t-new-{os.getpid()}"
SECTION = "Your own server in five minutes"

COMPOSE = """
services:
  counter:
    image: gonogo-lab/redis:latest
    volumes: ["counted:/data"]
    command: ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/data"]
  page:
    build: {context: page}
    environment:
      GREETING: ${GREETING:?}
    ports: ["127.0.0.1:8090:8000"]
    depends_on: [counter]
    healthcheck:
      test: ["CMD", "curl", "-fsS", "http://localhost:8000/health"]
      start_period: 30s
      start_interval: 1s
      interval: 10s
volumes:
  counted:
"""
PAGE = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from redis import Redis

counter = Redis("counter")

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        text = "well"
        if self.path != "/health":
            text = f"{os.environ['GREETING']} {counter.incr('visits')}, first"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

ThreadingHTTPServer(("", 8000), Page).serve_forever()
"""
DOCKERFILE = 'FROM gonogo-lab/python:latest\nCOPY page.py /\nCMD ["python", "/page.py"]\n'
SECRET = 'two words, $5 and "quotes"'


@pytest.fixture(scope="module")
def you(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """The user, with the stack committed and the env file beside it."""
    with newcomer(NAME, tmp_path_factory.mktemp("new")) as found:
        (found.stack / "page").mkdir()
        found.lay(
            {
                "docker-compose.yml": COMPOSE,
                "page/page.py": PAGE,
                "page/Dockerfile": DOCKERFILE,
                ".gitignore": ".env*\n",
            },
            "Count visits",
        )
        (found.stack / ".env.production").write_text(f"GREETING='{SECRET}'\n")
        yield found


def test_from_nothing_to_a_second_release(you: Newcomer) -> None:
    lines = [
        text
        for block in documents.blocks(documents.README)
        if block.section == SECTION and block.language == "sh"
        for text in documents.lines(block.text)
    ]
    assert lines.count("gonogo deploy shop") == 2
    reports: list[Path] = []
    for text in lines:
        if text == "gonogo deploy shop" and reports:
            changed = PAGE.replace("first", "second")
            you.lay({"page/page.py": changed}, "Say that it is the second")
        status, output = you.types(text, you.stack, "y\n")
        assert status == 0, f"{text}\n{output}"
        if text == "gonogo deploy shop":
            reports.append(Path(re.findall(r"report: (\S+)", output)[-1]))
            number = len(reports)
            assert visited(you) == f"{SECRET} {number}, {['first', 'second'][number - 1]}"
    first, second = (json.loads((page.parent / "release.json").read_text()) for page in reports)
    assert [one["verdict"] for one in (first, second)] == ["deployed", "deployed"]
    actions = {one["service"]: one["action"] for one in second["services"]}
    assert actions == {"counter": "unchanged", "page": "replaced"}
    assert "two words" not in reports[-1].read_text()


def test_a_connection_that_is_held_open_serves_the_next_run(you: Newcomer) -> None:
    with you.begins("gonogo connect shop") as (held, said):
        printed = said.readline()
        status, output = you.types(f"{printed}\ngonogo preflight shop", you.stack)
        held.send_signal(signal.SIGINT)
        assert held.wait(30) == 0
    assert status == 0, output
    assert "GO" in output


def visited(you: Newcomer) -> str:
    """What the page says to a visitor on the server."""
    return you.there("curl -fsS http://127.0.0.1:8090/")
