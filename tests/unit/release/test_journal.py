"""The journal: how long the last switch of each service took."""

from __future__ import annotations

import json

from gonogo.deploy.release import journal


def line(step: str, state: str, at: str, version: str = "v1") -> str:
    return json.dumps(
        {"at": f"2026-01-01T00:00:{at}+00:00", "version": version, "step": step, "state": state}
    )


def test_how_long_the_last_switch_of_each_service_took() -> None:
    text = "\n".join(
        [
            line("switch api", "begun", "01.000"),
            line("switch api", "done", "03.500"),
            "{",
            "[]",
            '{"at": 5, "version": 1, "step": "switch api", "state": "begun"}',
            line("build", "begun", "04.000"),
            line("build", "done", "09.000"),
            line("switch api", "begun", "10.000", "v2"),
            line("switch api", "failed", "20.000", "v2"),
            line("switch web", "done", "20.000", "v2"),
        ]
    )
    assert journal.durations(text) == {"api": 2.5}
