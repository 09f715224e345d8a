"""What is kept of a resolved model in a recording."""

from __future__ import annotations

import json

from gonogo.deploy.redaction.redactor import MARK, Redactor
from gonogo.deploy.release.resolved import kept, read
from tests.unit.redaction.test_places import PLACES, SECRET


def test_nothing_of_a_model_that_somebody_chose_freely_is_kept_and_all_of_it_is_redacted() -> None:
    redact = Redactor()
    found = read(json.dumps({"name": "shop", **PLACES}), "", redact)
    assert SECRET in repr(found)
    assert SECRET not in repr(kept(found))
    assert kept(found).model.services["api"].environment["PORT"] == "8001"
    assert redact(f"it logs {SECRET}") == f"it logs {MARK}"
