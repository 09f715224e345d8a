"""The folder on the target, and the compose files that would be deployed into it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host

from deploy.facts import Facts
from deploy.target import Target


@pytest.mark.check(
    "path.present",
    reason="Releases, the env file and relative mounts live there; a missing folder means another server.",
    fix="Make the folder on the target and give it to the login, or correct path in the target file.",
)
def test_path_present(target: Target, host: Host, expect: Callable[..., None]) -> None:
    """The stack's folder exists on the target and the login may write there."""
    folder = host.file(str(target.path))
    login = host.run("id -un").stdout.strip()
    if not folder.exists:
        found, fine = "nothing", False
    elif not folder.is_directory:
        found, fine = f"a {folder.user}'s file that is no folder", False
    else:
        fine = host.run("test -w %s && test -x %s", str(target.path), str(target.path)).rc == 0
        found = f"a folder of {folder.user}, mode {folder.mode:o}{'' if fine else ', not writable'}"
    expect(fine, found=f"{target.path}: {found}", expected=f"a folder that {login} may write to")


@pytest.mark.check(
    "compose.files",
    reason="What is deployed are the compose files of this machine; they have to exist and fit together.",
    fix="Correct source or compose_files in the target file, or what Compose names in those files.",
)
def test_compose_files(target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """The compose files exist here and make one stack."""
    names = ", ".join(target.compose_files)
    expect(
        facts.flat.strip(), found=f"{names} in {target.source}", expected="compose files that fit together"
    )


@pytest.mark.check(
    "compose.resolves",
    reason="D1, L1: a variable that is not set becomes an empty text, and Compose only warns.",
    fix="Set the variables in the env file on the target, or give them a default: ${NAME:-default}.",
)
def test_compose_resolves(facts: Facts, expect: Callable[..., None]) -> None:
    """The model resolves on the target with its env file, and every variable in it is set."""
    unset = facts.resolved.unset
    services = ", ".join(sorted(facts.model.services)) or "none"
    found = f"not set: {', '.join(unset)}" if unset else f"services: {services}"
    expect(
        not unset and facts.model.services, found=found, expected="at least one service, no unset variable"
    )
