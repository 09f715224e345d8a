"""The benchmark of transfers: python -m tests.benchmarks.transfer. 1 MB of a 200 MB image, at 100 Mbit/s.

Beside the tar method are ``docker save | gzip | ssh docker load``, and a push to a registry on the target
with the pull from it. Each begins with the former release on the target, and in the registry. gonogo and the
registry's client have their connection already, as in a deployment; the pipe makes its own. The ways take
turns, so that whatever else this machine does meets all of them.
"""

from __future__ import annotations

import argparse
import gzip
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.release.records import Image
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.transfer import pulling, tar
from gonogo.deploy.transfer import registry as method
from gonogo.deploy.transfer.client import Given, docker
from lab import host, registry
from lab.docker import check
from lab.relay import Relay
from tests.lab.connecting import other_config, reachable

NAME = "bench-transfer"
BASE = "gonogo-lab/python:latest"
IMAGE_BYTES, CHANGED_BYTES = 200_000_000, 1_000_000
BYTES_PER_S = 100e6 / 8
MOST_BYTES, MOST_TIME = 1.2, 1 / 5
"""The bars: bytes of the tar method by those of the changed layers, compressed; its time by the peer's."""
VERSION = "bench"
TAGS = ("gonogo-bench:former", "gonogo-bench:new")


@dataclass(frozen=True)
class Way:
    """The host behind the narrow line: the relay, the ssh_config and the alias in it."""

    relay: Relay
    config: Path
    alias: str = "other"

    def connect(self) -> Connection:
        """Connect through the line."""
        return Connection.open(reachable(self.alias, self.config, 10, 600))


def main() -> int:
    """Measure and print; exit status 1 when a bar is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.transfer")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts")
    runs = parser.parse_args().runs
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-bench-")))
        stack.callback(_remove)
        made = host.up(NAME)
        stack.callback(host.down, NAME)
        images = release(folder)
        relay = stack.enter_context(Relay(made.port, bytes_per_s=BYTES_PER_S))
        way = Way(relay, other_config(made, folder, Port=relay.port))
        with Connection.open(reachable(made.alias, made.config, 10, 600)) as connection:
            _by_tar(connection, images[0], "first")
        changed = compressed(images[1])
        changed = compressed(images[1])
        print(f"{size(images[1]) / 1e6:.0f} MB, its changed layer {changed / 1e6:.3f} MB as gzip, 100 Mbit/s")
        rows: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
        for number in range(runs):
            for name, work in WAYS.items():
                if name != REGISTRY or number == 0:  # its former release alone takes long to bring there
                    rows[name].append(work(way, images))
    return judged({name: _median(found) for name, found in rows.items()}, changed)


def release(folder: Path) -> list[str]:
    """Build two releases of an image, of which a layer of CHANGED_BYTES differs; return their ids."""
    ids = []
    filler = max(0, IMAGE_BYTES - size(BASE) - CHANGED_BYTES)
    (folder / "filler").write_bytes(secrets.token_bytes(filler // 2) + bytes(filler - filler // 2))
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nCOPY filler /filler\nCOPY changed /changed\n")
    for tag in TAGS:
        (folder / "changed").write_bytes(os.urandom(CHANGED_BYTES))
        ids.append(check(["docker", "build", "-q", "-t", tag, str(folder)]).split()[-1])
    return ids


def size(image: str) -> int:
    """Return the bytes of an image, unpacked."""
    return int(check(["docker", "image", "inspect", "-f", "{{.Size}}", image]))


def compressed(image: str) -> int:
    """Return the bytes of the topmost layer of an image as gzip, as well as gzip can."""
    form = "{{json .RootFS.Layers}}"
    assert check(["docker", "image", "inspect", "-f", form, image])
    script = (
        'f=$(docker save "$0" | tar -xO manifest.json | grep -o "[0-9a-f]*/layer.tar" | tail -n 1); '
        'docker save "$0" | tar -xO "$f"'
    )
    done = subprocess.run(["sh", "-c", script, image], capture_output=True, check=True)
    return len(gzip.compress(done.stdout, 9))


def measured(way: Way, image: str, work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds and the bytes to the target that a way of bringing an image takes."""
    host.execute(NAME, f"docker image rm -f {image}")
    before, begun = way.relay.passed, time.monotonic()
    work()
    found = time.monotonic() - begun, float(way.relay.passed - before)
    done = host.execute(NAME, f"docker image inspect -f '{{{{.Id}}}}' {image}")
    assert done.stdout.decode().strip() == image, "it is not on the target"
    return found


def by_tar(way: Way, images: list[str]) -> tuple[float, float]:
    """Send as gonogo does."""
    with way.connect() as connection:
        return measured(way, images[1], lambda: _by_tar(connection, images[1], VERSION))


def _by_tar(connection: Connection, image: str, version: str) -> None:
    sent = tar.send(connection, {"app": Image(name="app", id=image)}, version)
    assert not sent.again and not sent.whole, sent.told


def by_hand(way: Way, images: list[str]) -> tuple[float, float]:
    """Send as people do."""
    pipe = 'set -o pipefail; docker save "$0" | gzip | ssh -F "$1" "$2" docker load -q'
    argv = ["bash", "-c", pipe, images[1], str(way.config), way.alias]
    return measured(way, images[1], lambda: void(subprocess.run(argv, capture_output=True, check=True)))


def by_registry(way: Way, images: list[str]) -> tuple[float, float]:
    """Push through the line to a registry on the target that has the former release, and pull there."""
    given = Given("lab", secrets.token_hex(8))
    with registry.running(NAME, given.user, given.password, tls=False) as found, way.connect() as connection:
        here = f"127.0.0.1:{connection.forward_port('127.0.0.1', 5000)}"

        def bring() -> None:
            name = method.push(images[1], f"{here}/app:{VERSION}", given)
            pulling.pull(connection, [name.replace(here, found.host)], host=found.host, given=given)

        try:
            method.push(images[0], f"{here}/app:former", given)
            return measured(way, images[1], bring)
        finally:
            for tag in ("former", VERSION):
                docker("image", "rm", f"{here}/app:{tag}")


def void(_: object) -> None:
    """Return nothing."""


def _median(found: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(one for one, _ in found), statistics.median(sent for _, sent in found)


TAR, PEER, REGISTRY = "tar method", "save | gzip | load", "registry push, pull"
WAYS = {TAR: by_tar, PEER: by_hand, REGISTRY: by_registry}


def judged(rows: dict[str, tuple[float, float]], changed: int) -> int:
    """Print what was measured and whether the bars are held; return the exit status."""
    for name, (seconds, sent) in rows.items():
        print(f"  {name:<20}{seconds:7.2f} s{sent / 1e6:9.3f} MB{sent / changed:9.2f} x the changed layer")
    (own, own_sent), (peer, _) = rows[TAR], rows[PEER]
    held = own_sent <= MOST_BYTES * changed, own <= MOST_TIME * peer
    for fine, told in zip(
        held,
        (
            f"bytes {own_sent / changed:.2f} x the changed layer, compressed (at most {MOST_BYTES:g})",
            f"time {own / peer:.3f} x save | gzip | load (at most {MOST_TIME:g})",
        ),
        strict=True,
    ):
        print(f"{'held' if fine else 'NOT HELD'}: {told}")
    return 0 if all(held) else 1


def _remove() -> None:
    for one in TAGS:
        subprocess.run(["docker", "image", "rm", one], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
