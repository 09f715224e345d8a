"""Containers with an engine inside: how they are started, and how images get into them past SSH."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from gonogo.deploy.errors import GonogoError
from lab import owned
from lab.docker import check, run
from lab.kind import NEWEST, Kind

DATA = "/var/lib/docker"
# An engine inside needs capabilities. --privileged fails where the machine itself lacks one of them.
PRIVILEGED = ["--privileged"]
CAPABLE = ["--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"]
CAPABLE += ["--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined"]


def start(name: str, volume: str, options: list[str], kind: Kind = NEWEST) -> None:
    """Start a container of a kind of hosts over the volume of its engine; raises GonogoError."""
    common = [*options, *kind.options, "--name", name, "-v", f"{volume}:{DATA}", kind.image]
    if run(["docker", "run", "-d", *PRIVILEGED, *common]).returncode != 0:
        owned.discard(name)  # it may have been made, and have failed at its start
        check(["docker", "run", "-d", *CAPABLE, *common])


def answers(container: str) -> bool:
    """Tell whether the engine inside answers to the user ``deploy``."""
    asked = ["docker", "exec", "-u", "deploy", container, "timeout", "5", "docker", "version"]
    return run(asked, timeout=20).returncode == 0


def load(container: str, tags: list[str]) -> list[str]:
    """Copy images of this machine's engine into the one inside; returns the tags that it lacked.

    Raises GonogoError where an image is not here or does not arrive.
    """
    inside = ["docker", "exec", container]
    missing = [tag for tag in tags if _layers(tag) != _layers(tag, inside)]
    if missing:
        into = ["docker", "exec", "-i", container, "docker", "load", "-q"]
        # Leaving the block closes the pipe: where the load ended early, the save would wait for a reader.
        with subprocess.Popen(["docker", "save", *missing], stdout=subprocess.PIPE) as save:
            loaded = subprocess.run(into, stdin=save.stdout, capture_output=True, check=False)
        if save.returncode != 0 or loaded.returncode != 0:
            raise GonogoError(f"could not load {', '.join(missing)}: {loaded.stderr.decode().strip()}")
    return missing


def image_id(tag: str) -> str:
    """Return the id of an image of this machine's engine; raises GonogoError where it is not here."""
    return check(["docker", "image", "inspect", "-f", "{{.Id}}", tag]).strip()


def _layers(tag: str, inside: Sequence[str] = ()) -> str:
    """Return what tells an image from others in every store, where its id is another in each."""
    form = "{{json .RootFS.Layers}} {{.Created}}"
    return run([*inside, "docker", "image", "inspect", "-f", form, tag]).stdout.decode().strip()
