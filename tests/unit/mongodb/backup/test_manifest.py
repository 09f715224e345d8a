"""The manifest of a backup: what is written is read again, and what is damaged is one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import manifest
from gonogo.deploy.mongodb.backup.manifest import Manifest, Sum
from tests.unit.tables import every

WHOLE = Manifest(
    target="demo",
    project="chat",
    database="chat",
    made="2026-01-02T03:04:05+00:00",
    tool="gonogo",
    form="directory",
    server="6.0.5",
    consistency=manifest.UNCHANGED,
    consistent=True,
    documents=3,
    files={
        "dump/chat/a.bson": Sum(size=5, sha256="0" * 64),
        "fingerprint.json": Sum(size=7, sha256="f" * 64),
    },
    notes=("a collection was dropped",),
)


def test_it_is_read_as_it_was_written() -> None:
    found = manifest.read(WHOLE.written(), "the backup")
    assert found == WHOLE
    assert (found.size, found.at.year) == (12, 2026)


@every(
    "change, found",
    [
        ({"more": 1}, "at more"),
        ({"documents": -1}, "at documents"),
        ({"documents": "3"}, "at documents"),
        ({"made": "2026-01-02T03:04:05+02:00"}, "at made"),
        ({"made": "yesterday"}, "at made"),
        ({"tool": "cp"}, "at tool"),
        ({"files": {"../../etc/passwd": {"size": 1, "sha256": "0" * 64}}}, "at files"),
        ({"files": {"/etc/passwd": {"size": 1, "sha256": "0" * 64}}}, "at files"),
        ({"files": {"a": {"size": 1, "sha256": "0" * 63}}}, "at files"),
        ({"format": 2}, "is of format 2, this gonogo knows 1"),
    ],
)
def test_what_is_wrong_in_it_is_named(change: dict[str, Any], found: str) -> None:
    data = json.dumps(json.loads(WHOLE.written()) | change).encode()
    with pytest.raises(GonogoError, match=found) as raised:
        manifest.read(data, "the backup demo")
    assert "\n" not in str(raised.value)
    assert "the backup demo" in str(raised.value)


def test_every_truncation_is_found() -> None:
    data = WHOLE.written().rstrip()
    for end in range(0, len(data), 7):
        with pytest.raises(GonogoError, match="the manifest of it is damaged"):
            manifest.read(data[:end], "it")


def test_one_that_is_nested_too_deep_is_damaged() -> None:
    with pytest.raises(GonogoError, match="damaged"):
        manifest.read(b"[" * 100_000, "shop")
