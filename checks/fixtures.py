"""What a check may ask for: the target file, the two hosts, the facts, and a way to say what was found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.checks.suite import Suite
from gonogo.deploy.compose.model import Model
from gonogo.deploy.connection import Connection
from gonogo.deploy.facts import Facts
from gonogo.deploy.host.host import Host
from gonogo.deploy.target import Target

SUITE: pytest.StashKey[Suite] = pytest.StashKey()


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """The run that this check belongs to."""
    return request.config.stash[SUITE]


@pytest.fixture(scope="session")
def target(suite: Suite) -> Target:
    """The target file's content."""
    return suite.target


@pytest.fixture
def facts(suite: Suite) -> Facts:
    """What is known of the target; each fact is asked once in a run."""
    return suite.facts


@pytest.fixture
def connection(facts: Facts) -> Connection:
    """The connection to the target; the check is blocked where there is none."""
    return facts.connection


@pytest.fixture
def host(facts: Facts) -> Host:
    """The target: testinfra's host on the one connection, with our nouns; blocked where there is none."""
    return facts.host


@pytest.fixture
def controller(facts: Facts) -> Host:
    """The machine that deploys, of which the same is asked as of the target."""
    return facts.controller


@pytest.fixture
def model(facts: Facts) -> Model:
    """The resolved compose model of what would be deployed."""
    return facts.model


@pytest.fixture
def expect(suite: Suite) -> Callable[..., None]:
    """``expect(holds, found=…, expected=…, fix=…)``: an assert whose words reach the report."""
    return suite.expect
