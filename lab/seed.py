"""Seeds: volumes of engines that hold images already; the volume of a new host can begin as a copy of one.

To load images into an engine takes several times as long as to copy its files. A seed is made on first use,
stays as the images do, and is made anew when one of them, or the image of the hosts, is another.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import time
from collections.abc import Collection, Iterator

from gonogo.deploy.errors import GonogoError
from lab import box, owned, state
from lab.docker import check, run, say
from lab.kind import NEWEST, Kind

BASE = "gonogo-lab/base"
READY_TIMEOUT_S = 60
WHOLE = ".whole"
"""The file in a seed that says that its engine was stopped in good order; without it, a seed is none."""
# What an engine may call its own, and makes anew: no two of them should have the same.
OWN = "engine-id network tmp"
HELPER = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "sh"]
# Without the capability, cp does not see the attributes by which a layer hides what lies below it.
HELPER += ["--cap-add", "SYS_ADMIN"]


def sow(tags: Collection[str], volume: str, kind: Kind = NEWEST) -> None:
    """Fill the new volume of a host's engine with the images of these tags; raises GonogoError."""
    with _locked():
        seed = _ensure(sorted(tags), kind)
        _in_base([f"{seed}:/from:ro", f"{volume}:/to"], f"cp -a /from/. /to && rm /to/{WHOLE}")


def remove() -> list[str]:
    """Remove the seeds of this state folder, and what made one and was killed; returns their names.

    Raises GonogoError where Docker does not answer.
    """
    if not owned.seeds():
        return []
    with _locked():
        seeds = owned.seeds()
        for each in seeds:
            _remove(each)
    return seeds


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Keep others off: two hosts made at once would make the same seed twice."""
    with (state.folder() / "seeds.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ensure(tags: list[str], kind: Kind) -> str:
    ids = [box.image_id(tag) for tag in (kind.image, *tags)]
    group = hashlib.sha256(
        " ".join((str(state.folder()), kind.engine, kind.store, *tags)).encode()
    ).hexdigest()[:12]
    key = hashlib.sha256(" ".join((group, *ids)).encode()).hexdigest()[:12]
    name = owned.seed_name(group, key)
    found = owned.seeds()
    if name in found and _is_whole(name):
        return name
    for seed in found:
        if seed == name or seed.startswith(owned.seed_name(group, "")):
            _remove(seed)
    say(f"making a seed of {', '.join(tags)}")
    _make(name, tags, kind)
    return name


def _make(name: str, tags: list[str], kind: Kind) -> None:
    marks = owned.seed_marks()
    check(["docker", "volume", "create", *marks, name])
    try:
        box.start(name, name, marks, kind)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not box.answers(name):
            if time.monotonic() > deadline:
                raise GonogoError(f"the engine of the seed {name} did not answer within {READY_TIMEOUT_S} s")
            time.sleep(0.2)
        box.load(name, tags)
        check(["docker", "stop", "-t", "60", name])
        stopped = check(["docker", "inspect", "-f", "{{.State.ExitCode}}", name]).strip()
        if stopped != "0":
            raise GonogoError(f"the engine of the seed {name} was not stopped in good order: exit {stopped}")
    finally:
        owned.discard(name)
    own = " ".join(f"/to/{part}" for part in OWN.split())
    _in_base([f"{name}:/to"], f"rm -rf {own} && touch /to/{WHOLE}")


def _is_whole(name: str) -> bool:
    return (
        run([*HELPER, "-v", f"{name}:/seed:ro", "gonogo-lab/base", "-c", f"test -e /seed/{WHOLE}"]).returncode
        == 0
    )


def _in_base(volumes: list[str], script: str) -> None:
    mounts = [part for volume in volumes for part in ("-v", volume)]
    check([*HELPER, *mounts, BASE, "-c", script])


def _remove(seed: str) -> None:
    owned.discard(seed)
    check(["docker", "volume", "rm", seed])
