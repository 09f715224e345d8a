"""What verify looks at: the release that is recorded as current, or the one that was asked for."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import records
from gonogo.deploy.release import verified as verifying
from gonogo.deploy.release.records import Baseline, Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.resolved import Resolved
from gonogo.deploy.release.verified import OF_THE_MODEL, Verified
from gonogo.deploy.ssh.connection import Connection
from tests.unit.stacks import model, target

BEFORE = Baseline(taken="2026-03-02T09:30:00+00:00")
RECORDS = {
    "v1": Record(version="v1", created="", project="shop"),
    "v2": Record(version="v2", previous="v1", created="", project="shop"),
}


@pytest.fixture
def coming(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Release:
    """A release that would be deployed over v2, which runs."""
    monkeypatch.setattr(records, "current", lambda *_: "v2")
    monkeypatch.setattr(records, "load", lambda _, __, name: RECORDS.get(name))
    monkeypatch.setattr(records, "load_baseline", lambda _, __, name: BEFORE if name == "v2" else None)
    made = Release(target(), connection, Redactor())
    made.answers.known["resolved"] = Answer(Resolved(model(next={"image": "next"}), []), None)
    return made


def test_it_is_what_is_recorded_and_not_what_would_be_deployed(
    coming: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def resolve(_: Connection, __: object, files: tuple[str, str], ___: Redactor) -> Resolved:
        asked.append(files)
        return Resolved(model(api={"image": "api"}), [])

    monkeypatch.setattr(verifying, "resolve", resolve)
    notes: list[str] = []
    release = Verified(coming, say=notes.append)
    assert notes == [], "nothing is asked before it is used"
    assert (release.version, release.previous, release.baseline) == ("v2", "v1", BEFORE)
    assert [list(one.services) for one in (release, release, coming)] == [["api"], ["api"], ["next"]]
    assert asked == [records.files(release.target, "v2")], "asked once"
    assert notes == [f"verified against: release v2, baseline of {BEFORE.taken}"]
    assert release.host is coming.host and not release.gone_back


def test_what_does_not_follow_from_the_model_is_asked_once_for_both(coming: Release) -> None:
    coming.answers.known["environment.variables"] = Answer({"TOKEN": "x"}, None)
    assert coming.environment.variables == {"TOKEN": "x"}
    assert Verified(coming).environment.variables == {"TOKEN": "x"}
    assert all(coming.find(name) for name in OF_THE_MODEL)


def test_what_follows_from_the_model_is_asked_for_each(coming: Release) -> None:
    coming.answers.known["environment.weak"] = Answer({"TOKEN": "short"}, None)
    assert coming.environment.weak == {"TOKEN": "short"}
    assert Verified(coming).environment.key("weak") == "verified.environment.weak"


def test_one_that_was_gone_back_to(coming: Release) -> None:
    release = Verified(coming, "v1", "v2")
    assert (release.version, release.baseline, release.gone_back) == ("v1", BEFORE, True)


def test_without_a_record_there_is_what_would_be_deployed(
    coming: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "current", lambda *_: "")
    release = Verified(coming)
    assert (release.record, release.version, release.previous, release.baseline) == (None, "", "", None)
    assert list(release.services) == ["next"]


def test_a_version_that_is_not_there_is_named(coming: Release) -> None:
    with pytest.raises(GonogoError, match="there is no release v9: correct --release"):
        _ = Verified(coming, "v9").record
