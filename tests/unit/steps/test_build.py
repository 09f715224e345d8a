"""The build: what it refuses before it begins."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.steps import build
from gonogo.deploy.steps.run import Run
from tests.unit.stacks import model, target


def test_a_one_shot_that_is_to_run_again_has_to_be_a_service() -> None:
    stack = SimpleNamespace(
        model=model(api={"image": "api"}), files=SimpleNamespace(declared=["api", "debug"])
    )
    run = SimpleNamespace(release=stack, target=target(releases={"run_again": ["debug", "migrat"]}))
    with pytest.raises(GonogoError, match=r"releases.run_again of the target file names migrat, which the"):
        build._built(cast(Run, run))
