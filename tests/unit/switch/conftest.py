"""What tests of the switch share."""

from __future__ import annotations

import pytest

from gonogo.deploy.release import records


@pytest.fixture
def current(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made current; no baseline is there."""
    found: list[str] = []
    monkeypatch.setattr(records, "make_current", lambda *given: found.append(given[2]))
    monkeypatch.setattr(records, "load_baseline", lambda *_: None)
    monkeypatch.setattr(records, "save", lambda *_: None)
    return found
