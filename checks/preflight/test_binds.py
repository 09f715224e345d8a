"""Whether what the stack mounts of the host is there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.mounts import binds_of
from gonogo.deploy.compose.service import Mount
from gonogo.deploy.host.binds import Bind, Kind
from gonogo.deploy.host.container import Container
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

FILE = re.compile(
    r"(?i).+\.(conf|cfg|cnf|ini|ya?ml|json|toml|env|sh|sql|js|py|lua|pem|crt|cer|key|xml|txt|properties|html?)"
)
"""Names that a file has and hardly ever a folder."""


def absent(
    model: Model, running: Iterable[Container], binds: Mapping[str, Bind], here: Mapping[str, Kind]
) -> tuple[list[str], list[str]]:
    """Return a sentence for each bind mount whose source is missing or of the wrong kind, and those unseen.

    Where the source of a bind mount is missing, Docker makes a folder of root's in its place, which is empty,
    and a folder also where a file is meant (docker-run(1), --volume). ``here``: what this machine has there.
    """
    used = {source: one.name for one in running for kind, source, _ in one.mounts if kind == "bind"}
    wrong, unseen = [], []
    for name, service in model.services.items():
        for mount in service.mounts:
            if mount.type != "bind":
                continue
            there, user = binds[mount.source], used.get(mount.source, "")
            why = _absence(mount, there.kind, here.get(mount.source), user)
            wrong += [f"{mount.source} ({name}): {why}"] if why else []
            unseen += [f"{mount.source} ({name})"] if there.kind == "unseen" and not user else []
    return list(dict.fromkeys(wrong)), list(dict.fromkeys(unseen))


def _absence(mount: Mount, there: Kind, here: Kind | None, user: str) -> str:
    """Return what is wrong with the source of a bind mount; ``user``: the container that mounts it now."""
    is_file = bool(FILE.fullmatch(posixpath.basename(mount.target)) and FILE.fullmatch(mount.source))
    gone = there == "missing"
    cases = {
        f"nothing is there, although {user} mounts it": gone and user,
        "there is no such file, and Docker would make a folder in its place": gone
        and (here == "file" or (is_file and here != "folder")),
        "nothing is there, and Docker would refuse to start the service": gone and not mount.create_host_path,
        "there is no such folder, and Docker would mount an empty one": gone
        and (here == "folder" or mount.read_only),
        "there is a folder where a file is expected: Docker made it when the file was missing": there
        == "folder"
        and (here == "file" or (is_file and here != "folder" and not user)),
        "there is a file where a folder is expected": there == "file" and here == "folder",
    }
    return next((why for why, holds in cases.items() if holds), "")


@pytest.mark.check(
    "binds.exist",
    reason="Docker makes a folder of root's where a bind mount's source is missing, also for a file.",
    fix="Put it there on the target, after removing the empty folder that Docker made, if there is one.",
)
def test_binds_exist(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """What the services mount of the host is there and of the right kind: file, folder, socket."""
    mounted = binds_of(release.model)
    if not mounted:
        pytest.skip("no service mounts a path of the host")
    wrong, unseen = absent(
        release.model,
        host.project(target.project).containers,
        release.binds.mounted.binds,
        release.binds.sources,
    )
    expect(
        not wrong,
        wrong,
        found=f"{len(mounted)} paths, all there",
        expected="what the compose files mount, each a file where a file is meant",
    )
    expect(
        not unseen,
        found=f"the login may not look at {', '.join(unseen)}"
        if unseen
        else f"{len(mounted)} paths, all there",
        expected="paths that can be looked at before a service mounts them",
        fix="Look as root whether it is there and what it is.",
        severity="warning",
    )
