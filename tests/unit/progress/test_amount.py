"""How far a transfer is, how far it will go, and how often that is said."""

from __future__ import annotations

import io
import json

import pytest

from gonogo.deploy.progress import Lines, Plain
from gonogo.deploy.progress.amount import Amount


def test_how_far_a_transfer_is() -> None:
    now = 100.0
    amount = Amount(lambda: now)
    assert (amount.told, amount.timed, amount.rate) == ("", "0 s", 0)
    amount.total = 80_000_000
    assert amount.told == "0 B of 80.0 MB"
    amount.total = None
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


def test_each_phase_is_told_when_it_begins_and_counts_anew() -> None:
    plain, lines = Plain(io.StringIO()), Lines(io.StringIO())
    for told in (plain, lines):
        told.begin("transfer")
        told.phase("sending", 2_000_000)
        told.sent(2_000_000)
        told.phase("loading")
    assert plain.out.getvalue().splitlines()[1:] == [  # type: ignore[attr-defined]
        "  transfer: sending, 0 B of about 2.0 MB",
        "  transfer: loading",
    ]
    rows = [json.loads(line) for line in lines.out.getvalue().splitlines()[1:]]  # type: ignore[attr-defined]
    assert [(row["phase"], row["bytes"], row["total"]) for row in rows] == [
        ("sending", 0, 2_000_000),
        ("sending", 2_000_000, 2_000_000),
        ("loading", 0, None),
    ]
