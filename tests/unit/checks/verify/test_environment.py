"""Variables of containers that differ from the release."""

from __future__ import annotations

import pytest

from gonogo.deploy.host.container import Given
from tests.unit.released import World


def test_variables_that_differ_are_named_and_their_values_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Given({"DB_PASSWORD": "another-S3cret", "BLANK": ""}, ())
    result = World(made=made).result("environment.running", monkeypatch)
    assert result.status == "failed"
    assert result.found == "shop-api-1 differs in DB_PASSWORD, NODE_ENV"
    assert "S3cret" not in result.model_dump_json()
