"""The docker command line of the machine the lab runs on."""

from __future__ import annotations

import os
import subprocess

from gonogo.deploy.errors import GonogoError

LABEL = "dev.gonogo.lab"


def say(line: str) -> None:
    """Tell the user, at once, what the lab is doing."""
    print(f"lab: {line}", flush=True)


def run(
    arguments: list[str],
    *,
    stdin: bytes | None = None,
    timeout: float = 600,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program without a shell and return its result, whatever its exit status; a missing one is 127."""
    given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    try:
        return subprocess.run(
            arguments,
            **given,
            capture_output=True,
            check=False,
            timeout=timeout,
            env={**os.environ, **(environment or {})},
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(arguments, 127, b"", f"{arguments[0]}: not found".encode())
    except subprocess.TimeoutExpired:
        message = f"{arguments[0]} {arguments[1]}: no end within {timeout:g} s"
        return subprocess.CompletedProcess(arguments, 124, b"", message.encode())


def check(arguments: list[str], *, stdin: bytes | None = None, timeout: float = 600) -> str:
    """Run a program and return its stdout as text; raises GonogoError with its last words when it fails."""
    result = run(arguments, stdin=stdin, timeout=timeout, environment={"DOCKER_BUILDKIT": "0"})
    if result.returncode != 0:
        words = (result.stderr or result.stdout).decode(errors="replace").strip().splitlines()
        said = words[-1] if words else "it said nothing"
        raise GonogoError(f"'{' '.join(arguments[:3])}' failed with exit status {result.returncode}: {said}")
    return result.stdout.decode(errors="replace")


def label_of(image: str, label: str) -> str:
    """Return a label of a local image; empty when the image or its label is missing."""
    form = '{{index .Config.Labels "' + label + '"}}'
    result = run(["docker", "image", "inspect", "-f", form, image])
    return result.stdout.decode().strip() if result.returncode == 0 else ""
