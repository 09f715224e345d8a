"""Whatever a target answers, every check passes, fails or is blocked in a sentence; nothing is raised."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.host.answers import Asked
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import PARTS, Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.shell import Result
from gonogo.deploy.ssh.transcript import Entry, Transcript
from gonogo.reports.model import CheckResult
from tests import harness
from tests.unit import mutations
from tests.unit.mutations import World

Answer = tuple[int, bytes, bytes]
COMMANDS: dict[str, Answer] = {
    one["command"]: (one["exit_status"], one["output"].encode(), one["errors"].encode())
    for one in json.loads(mutations.text())["commands"]
}
FAR = ("host.mongodb.state", "host.host_key.trust")
"""What is asked through forwards, or of this machine, and not of a shell."""


class Garbled:
    """Stands in for a connection whose far end answers as ``answer`` says."""

    host = "web"

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.redact = Redactor()
        self.transcript = Transcript(self.redact)
        self._answer = answer

    def run(self, command: str, **_: Any) -> Result:
        status, out, err = self._answer(command)
        self.transcript.add(Entry(command, status, "", 0.0))
        return Result(command, status, out, err, 0.01)

    def check(self, command: str, **_: Any) -> Result:
        result = self.run(command)
        if not result.ok:
            raise GonogoError(f"{self.host}: it ended with {result.exit_status}")
        return result

    def forward_port(self, host: str, port: int) -> int:
        raise ConnectionFailed("nothing can be forwarded")

    def forward_socket(self, remote: str) -> Path:
        raise ConnectionFailed("nothing can be forwarded")


def local(release: Release) -> Iterator[str]:
    """Yield the names of what the release and its parts ask this machine."""
    for holder in (release, *(getattr(release, part) for part in PARTS)):
        for name in dir(type(holder)):
            found = getattr(type(holder), name)
            if isinstance(found, Asked) and found.local:
                yield holder.key(name)


def judged(answer: Callable[[str], Answer]) -> dict[str, CheckResult]:
    world = World.recorded()
    far = cast(Connection, Garbled(answer))
    release = Release(world.target, far, Redactor(), here=far)
    known = {*FAR, *local(world.release)}
    release.answers.known.update(
        {
            k: v
            for k, v in world.release.answers.known.items()
            if k in known or k.startswith(("controller.", "host.http("))
        }
    )
    return harness.run(world.target, release)


def assert_told(found: dict[str, CheckResult]) -> None:
    wrong = {one.id: one.message for one in found.values() if one.message.startswith(harness.SURPRISE)}
    assert wrong == {}
    assert not [one.id for one in found.values() if "Traceback" in one.message or len(one.message) > 5_000]


@settings(max_examples=6)
@given(status=st.sampled_from([0, 1, 127, 255]), out=st.binary(max_size=200), err=st.binary(max_size=80))
def test_the_same_garbage_for_every_question(status: int, out: bytes, err: bytes) -> None:
    assert_told(judged(lambda _: (status, out, err)))


@settings(max_examples=8)
@given(data=st.data())
def test_true_answers_cut_or_with_a_part_replaced(data: st.DataObject) -> None:
    def answer(command: str) -> Answer:
        status, out, err = COMMANDS.get(command, (0, b"", b""))
        start = data.draw(st.integers(0, len(out)))
        end = data.draw(st.integers(start, min(len(out), start + 40)))
        return status, out[:start] + data.draw(st.binary(max_size=12)) + out[end:], err

    assert_told(judged(answer))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=6)
@given(value=VALUES)
def test_json_of_another_form(value: object) -> None:
    assert_told(judged(lambda _: (0, json.dumps(value).encode(), b"")))


@pytest.mark.parametrize("piece", [b"x", b"\xff\xfe", b"{}\n"])
def test_huge_outputs(piece: bytes) -> None:
    huge = piece * (100_000 // len(piece))
    assert_told(judged(lambda _: (0, huge, b"")))


def test_the_recorded_answers_themselves_are_go() -> None:
    found = judged(lambda command: COMMANDS.get(command, (1, b"", b"not recorded: it is private")))
    assert_told(found)
    assert "passed" in {one.status for one in found.values()}
