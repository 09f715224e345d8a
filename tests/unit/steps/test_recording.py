"""A recording answers what was asked then, and nothing else."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import Unknown
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.ssh.request_log import Asked
from gonogo.deploy.steps.recording import Recorded


def test_a_command_that_was_run_several_times_has_each_of_its_answers_in_turn() -> None:
    asked = [Asked("date", 0, "1", ""), Asked("id", 0, "me", ""), Asked("date", 0, "2", "")]
    recorded = Recorded("shop", asked, Redactor())
    assert [recorded.run("date").text for _ in range(3)] == ["1", "2", "2"]
    assert [recorded.run("id").text for _ in range(2)] == ["me", "me"]
    with pytest.raises(Unknown, match="was not asked when this run was recorded"):
        recorded.run("uptime")
