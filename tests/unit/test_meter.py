"""How far a push or a pull is: what Docker's client draws on a terminal, counted."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.methods import client
from gonogo.deploy.methods.meter import Meter
from gonogo.deploy.methods.output import Output

PUSH = (
    "The push refers to repository [r.example.com/team/app]\r\n\r\n"
    "\x1b[1A\x1b[2K\re7ba78e9eea2: Preparing \r\x1b[1B\r\n\x1b[1A\x1b[2K\re079f10f2de6: Layer already exists "
    "\r\x1b[1B\x1b[2A\x1b[2K\re7ba78e9eea2: Pushing  229.9kB/20.97MB\r\x1b[2B"
    "\x1b[1A\x1b[2K\re7ba78e9eea2: Pushing [==>      ]  8.52MB/20.97MB\r\x1b[1B"
    "\x1b[1A\x1b[2K\re7ba78e9eea2: Retrying in 5 seconds \r\x1b[1B"
    "\x1b[1A\x1b[2K\re7ba78e9eea2: Pushing [>        ]  1.2MB/20.97MB\r\x1b[1B"
    "\x1b[1A\x1b[2K\re7ba78e9eea2: Pushing  20.97MB\r\x1b[1B"
    "\x1b[1A\x1b[2K\re7ba78e9eea2: Pushed \r\x1b[1B1: digest: sha256:e962 size: 741\r\n"
)
PULL = (
    "1: Pulling from team/app\r\n\x1b[1A\x1b[2K\r07149e019016: Pulling fs layer \r\x1b[1B"
    "07149e019016: Downloading [=>    ]  1.5MB/3MB 2s\r"
    "07149e019016: Extracting  2MB/3MB\r07149e019016: Pull complete \r"
    "Error response from daemon: no space left"
)


def test_bytes_are_counted_however_the_output_is_cut() -> None:
    for size in (1, 7, 10_000):
        counts: list[int] = []
        totals: list[int] = []
        meter = Meter(counts.append, totals.append)
        for at in range(0, len(PUSH), size):
            meter.feed(PUSH[at : at + size].encode())
        assert (sum(counts), totals) == (20_970_000, [20_970_000]), "a layer tried again is counted once"
        assert counts[:2] == [229_900, 8_290_100]
        assert meter.lines == [
            "The push refers to repository [r.example.com/team/app]",
            "1: digest: sha256:e962 size: 741",
        ]
        meter.feed(PULL.encode())
        meter.end()
        assert (sum(counts), totals[1:]) == (23_970_000, [23_970_000])
        assert meter.lines[-1] == "Error response from daemon: no space left"
        meter.add(5)
        meter.expect(7)
        meter.expect(9)
        assert (counts[-1], totals[-2:]) == (5, [23_970_007, 23_970_009])


def test_what_is_no_progress_is_kept_and_nobody_has_to_listen() -> None:
    meter = Meter()
    meter.feed(PULL.encode() + b"\r\n\xff\xfe 07149e019016: Downloading 1.5QB/3MB\r\n\r\n")
    assert meter.lines[-1].endswith("07149e019016: Downloading 1.5QB/3MB")
    for odd in (b"07149e019016: Pushing 1.2.3MB/4MB", b"07149e019016: Downloading .B"):
        meter.feed(odd + b"\r\n")
        assert meter.lines[-1] == odd.decode()


def test_lines_are_said_when_they_are_there() -> None:
    said: list[str] = []
    output = Output(said.append)
    for piece in (b"Step 1/2", b" : FROM x\n\n  --", b"-> 1\n", b"done"):
        output.feed(piece)
    assert said == ["Step 1/2 : FROM x", "---> 1"]
    output.end()
    assert said == output.lines == ["Step 1/2 : FROM x", "---> 1", "done"]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def be(script: str) -> None:
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "docker").chmod(0o755)

    return be


def test_the_client_draws_on_a_terminal_and_is_ended_when_it_takes_too_long(
    docker: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker('test -t 1 && test -t 2 && echo "$TERM $DOCKER_CONFIG $*"; echo no >&2; exit 3')
    meter = Meter()
    assert client.drawn("push", "a b", to=meter.feed, folder=tmp_path) == 3
    assert meter.lines == [f"dumb {tmp_path} push a b", "no"]
    docker(f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(GonogoError, match=r"`docker push` did not end within 0\.2 s here"):
        client.drawn("push", to=meter.feed, timeout=0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(GonogoError, match="docker does not start on this machine"):
        client.drawn("push", to=meter.feed)
