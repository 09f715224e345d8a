"""How far a transfer is, how far it will go, and how often that is said."""

from __future__ import annotations

import io
import json

import pytest

from gonogo.deploy.progress import Lines, Plain
from gonogo.deploy.progress.amount import Amount
from gonogo.deploy.transfer import tar


def test_how_far_a_transfer_is() -> None:
    now = 100.0
    amount = Amount(lambda: now)
    assert (amount.told, amount.timed, amount.rate) == ("", "0 s", 0)
    now = 102.0
    amount.add(4_000_000)
    now = 104.0
    assert (amount.told, amount.rate) == ("4.0 MB", 0), "of one piece nobody knows how long it took"
    amount.add(4_000_000)
    assert (amount.told, amount.rate) == ("8.0 MB, 2.0 MB/s", 2_000_000)
    amount.total, amount.about = 80_000_000, True
    assert amount.short == "8.0 MB/80.0 MB, 2.0 MB/s"
    now = 165.0
    assert amount.timed == "8.0 MB of about 80.0 MB, 63.5 kB/s, 1 min 05 s"


def test_how_large_an_archive_will_be_is_foretold(monkeypatch: pytest.MonkeyPatch) -> None:
    """By how well what was read until then could be compressed; nothing is told of images of unknown size."""
    monkeypatch.setattr(tar.sized, "local", lambda ids: {id_: {"layer": 100} for id_ in ids if id_ != "?"})
    told: list[int] = []
    sent = tar.Sent()
    foretold = tar._Foretold(["one"], sent, told.append)
    foretold.tell(0, 0)
    sent.bytes = 10
    foretold.tell(20, 50)
    foretold.again()
    sent.bytes = 20
    foretold.tell(25, 0)
    foretold.tell(400, 0)
    assert told == [25, 50, 20], "half of 50; 10 before and 40; no less than was read"
    tar._Foretold(["one", "?"], sent, told.append).tell(20, 0)
    tar._Foretold(["one"], sent, None).tell(20, 0)
    assert len(told) == 3


def test_plain_and_json_tell_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain every 50 MB, or every 10 s where these take longer; JSON every second; each step anew."""
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    plain, lines = Plain(io.StringIO()), Lines(io.StringIO())
    for told in (plain, lines):
        told.begin("transfer")
    for second in range(12):
        now = float(second)
        for told in (plain, lines):
            told.sent(10_000_000 if second < 5 else 1)
    assert [line.split(",")[0] for line in plain.out.getvalue().splitlines()[1:]] == ["  transfer: 50.0 MB"]  # type: ignore[attr-defined]
    plain.begin("again")
    plain.sent(49_999_999)
    now += 10
    plain.sent(1)
    assert plain.out.getvalue().splitlines()[-1].startswith("  again: 50.0 MB")  # type: ignore[attr-defined]
    kinds = [json.loads(line)["event"] for line in lines.out.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert kinds == ["begin", *["bytes"] * 11]
