"""Whether the new release would get into its database."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy import database
from deploy.facts import Facts
from deploy.target import Target


@pytest.mark.check(
    "mongodb.login",
    reason="D4, L1: a database keeps the credentials it was initialised with, not those of a new env file.",
    fix="Put the credentials back with which the database was initialised, or change them in the database.",
)
def test_mongodb_login(target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """The credentials of the new model log in to the database that runs."""
    if target.mongodb is None:
        pytest.skip("the target file names no MongoDB")
    name, model = target.mongodb.service, facts.model
    if name not in model.services:
        expect(False, found=f"no service {name}", expected=f"one of {', '.join(sorted(model.services))}")
    if not [one for one in facts.running if one.service == name and one.running]:
        pytest.skip(f"{name} does not run yet: it will be initialised with what the env file says")
    container = database.container_of(facts.running, target.mongodb)
    database.log_in(facts.connection, container, target.mongodb, model.services[name].environment)
    expect(True, found=f"{container.name} lets the new model's login in", expected="a login that works")
