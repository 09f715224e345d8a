"""The root filesystems that every image of the lab stands on: a lean one, and those with an engine inside."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from lab import engine, state
from lab.docker import LABEL, check, label_of, run, say

HASH_LABEL = f"{LABEL}.hash"
SUITE, NEXT = "bookworm", "trixie"
LEAN = ("ca-certificates", "curl", "libcurl4", "libssl3", "procps", "python3", "redis-server", "tini")
FULL = ("ca-certificates", "curl", "docker.io", "git", "iproute2", "iptables", "openssh-server", "procps")
REGISTRY = ("apache2-utils", "docker-registry", "openssl")
HOST = (*FULL, *REGISTRY, "python3", "rsync", "tini")
OTHERS = ("podman", "rootlesskit", "slirp4netns", "uidmap")
"""What stands in for an engine that root runs."""
PACKAGES = {
    "gonogo-lab/base": LEAN,
    "gonogo-lab/host-base": HOST,
    "gonogo-lab/host-base-26": (*HOST, "docker-buildx", "docker-cli", "e2fsprogs", *OTHERS),
}
SUITES = dict.fromkeys(PACKAGES, SUITE) | {"gonogo-lab/host-base-26": NEXT}


def ensure() -> None:
    """Make the base images exist, those that PACKAGES lists.

    From Debian's own images where the registry answers, else built from Debian packages with
    mmdebstrap, which needs root. Raises GonogoError with what to do where neither works.
    """
    missing = [tag for tag in PACKAGES if label_of(tag, HASH_LABEL) != _hash(tag)]
    if not missing:
        return
    make = _from_registry if _registry_answers() else _from_packages
    if make is _from_packages:
        _need_mmdebstrap()
    with ThreadPoolExecutor(len(missing)) as pool:
        for done in [pool.submit(make, tag) for tag in missing]:
            done.result()


def _hash(tag: str) -> str:
    return hashlib.sha256(" ".join((SUITES[tag], *PACKAGES[tag])).encode()).hexdigest()[:16]


def _registry_answers() -> bool:
    return run(["docker", "pull", "-q", f"debian:{SUITE}-slim"], timeout=60).returncode == 0


def _from_registry(tag: str) -> None:
    say(f"building {tag} on debian:{SUITES[tag]}-slim")
    dockerfile = (
        f"FROM debian:{SUITES[tag]}-slim\nLABEL {LABEL}=1 {HASH_LABEL}={_hash(tag)}\n"
        "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "
        f"{' '.join(PACKAGES[tag])} && rm -rf /var/lib/apt/lists/*\n"
    )
    check(["docker", "build", "-q", "-t", tag, "-"], stdin=dockerfile.encode())


def _need_mmdebstrap() -> None:
    if shutil.which("mmdebstrap"):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise GonogoError(
            "no image registry answers, and without one the lab builds its images with mmdebstrap: "
            "install mmdebstrap, or let the Docker Engine reach a registry"
        )
    say("no image registry answers: installing mmdebstrap")
    engine.apt("mmdebstrap")


def _from_packages(tag: str) -> None:
    say(f"building {tag} from Debian packages (about half a minute)")
    with tempfile.TemporaryDirectory(dir=state.cache()) as folder:
        tar = Path(folder) / "root.tar"
        include = f"--include={','.join(PACKAGES[tag])}"
        trim = [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man", "locale")]
        check(
            ["mmdebstrap", "--variant=minbase", "--quiet", include, *trim, SUITES[tag], str(tar)], timeout=900
        )
        labels = ["--change", f"LABEL {LABEL}=1 {HASH_LABEL}={_hash(tag)}"]
        check(["docker", "import", *labels, str(tar), tag])
