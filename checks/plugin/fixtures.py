"""What a check may ask for: the target file, the two hosts, the release, and a way to say what was found."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin import argv
from gonogo.checks.plugin.expect import Expect
from gonogo.checks.plugin.suite import Suite
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

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
def release(suite: Suite, request: pytest.FixtureRequest) -> Release:
    """What would be deployed, in verify what was; each property is asked when it is first used."""
    # Users' own tests look at what verify looks at, where it runs.
    if argv.FOLDER in request.path.parents:
        suites = {request.path.parent.name}
    else:
        named = argv.suites(request.config.args, request.config.invocation_params.dir)
        suites = set(named) or {item.path.parent.name for item in request.session.items}
    return suite.released if "verify" in suites else suite.release


@pytest.fixture
def host(release: Release) -> Host:
    """The target: testinfra's host on the one connection, with our nouns; blocked where there is none."""
    return release.host


@pytest.fixture
def controller(release: Release) -> Host:
    """The machine that deploys, of which the same is asked as of the target."""
    return release.controller


@pytest.fixture
def expect(suite: Suite) -> Expect:
    """``expect(holds, message, found=…, expected=…, fix=…)``: an assert that goes on, told in the report."""
    return suite.expect
