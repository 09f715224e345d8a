"""The env example in the repository, by which the next server's env file will be written."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose import env_example
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target


@pytest.mark.offline
@pytest.mark.check(
    "environment.example",
    reason="A variable that only the server's env file knows is missing on the next server; a secret in an "
    "example is in git for good.",
    fix="Add what is missing to the example, with placeholders for secrets; change a secret that was there.",
)
def test_environment_example(target: Target, release: Release, expect: Expect) -> None:
    """The env example gives every variable that must be set, is well-formed, and holds no real secret."""
    found, wanted = release.files.example, env_example.demanded(release.files.flat, target)
    needed = bool(target.environment.example) or (release.offline and bool(wanted))
    if found is None and not needed:
        pytest.skip(f"there is no {env_example.path(target)}" if wanted else "no variable has to be set")
    demand = f"an env example that gives {', '.join(wanted) or 'nothing'}"
    if found is None:
        expect(False, found=f"no {env_example.path(target)}", expected=demand)
        return
    real = [f"the value of {name} looks like a real secret" for name in found.real]
    good = f"{found.file}: {len(found.names)} variables"
    expect(not real, real, found=good, expected="placeholders for secrets")
    _ = release.environment.variables if release.offline else {}  # Compose may refuse what looks well-formed
    wrong = [*found.faults, *(f"{name} is not given" for name in env_example.lacking(found, wanted))]
    expect(
        not wrong,
        found=f"{found.file}: {'; '.join(wrong)}" if wrong else good,
        expected=demand,
        # Before a deployment the env file itself is judged.
        severity=None if release.offline else "warning",
    )
