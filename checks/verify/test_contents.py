"""Whether containers have the configs, secrets and files that the release gives them."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.verify.recorded import model_of, record_of
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.networks import made_by
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "contents.deployed",
    reason="Compose leaves a container alone whose config has another content, and the old one is served.",
    fix="Deploy again: a service whose files changed is replaced.",
)
def test_contents_deployed(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every container has the configs, secrets and mounted files that the release gives it."""
    model, version = model_of(release), record_of(release).version
    if not model.contents:
        pytest.skip("no service is given a config, a secret, or a path of the host")
    running = host.project(target.project).containers
    older = {one.service for one in running if made_by(one, target) != version}
    expected = "the contents of the release"
    expect(True, found=f"{len(model.contents)} as given", expected=expected)
    for one in release.contents.stale:
        # What was edited since is for the next release; a new container may rewrite its own copy.
        severe = one.copied and one.service in older and not release.gone_back
        expect(
            False,
            f"{one.service}: {one.why}",
            expected=expected,
            severity=None if severe else "warning",
        )
