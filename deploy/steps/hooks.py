"""Hooks: a team's own executables, run on this machine before and after the steps of a deployment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release.journal import SWITCH
from gonogo.deploy.steps import subprocesses
from gonogo.deploy.target.target import Target

STEPS = (
    "preflight",
    "build",
    "adopt",
    "transfer",
    "baseline",
    "backup",
    "restore-proof",
    "plan",
    "trial-start",
    "switch",
    "verify",
    "rollback",
)
"""The steps that hooks may be named after, as before-STEP and after-STEP."""


def name_of(step: str) -> str:
    """Return what hooks call a step: ``switch`` for that of every service."""
    joined = step.replace(" ", "-")
    return joined if joined in STEPS else step.partition(" ")[0]


def variables(target: Target, step: str, version: str, previous: str) -> dict[str, str]:
    """Return what a hook is told of a step in its environment; ``previous``: the version before, if any."""
    return {
        "GONOGO_TARGET": target.name,
        "GONOGO_TARGET_FILE": str(target.file),
        "GONOGO_HOST": target.host,
        "GONOGO_PROJECT": target.project,
        "GONOGO_VERSION": version,
        "GONOGO_PREVIOUS": previous,
        "GONOGO_STEP": name_of(step),
        "GONOGO_SERVICE": step.removeprefix(SWITCH) if step.startswith(SWITCH) else "",
    }


def run(
    target: Target,
    when: str,
    step: str,
    given: Mapping[str, str],
    say: Callable[[str], None] = lambda _: None,
) -> bool:
    """Run the hook ``when`` ("before" or "after") a step, if there is one; return whether there was.

    It is the file ``WHEN-STEP`` in ``hooks.folder``, run in ``source`` with this process's environment and
    ``given``, nothing on its standard input, for at most ``hooks.timeout_s`` seconds. ``say`` is given each
    line that it printed. Raises GonogoError when it fails, takes too long or cannot be started.
    """
    file = _file(target, f"{when}-{name_of(step)}") if name_of(step) in STEPS else None
    if file is None:
        return False
    if not os.access(file, os.X_OK):
        raise GonogoError(f"the hook {file} cannot be run: make it executable (chmod +x), or remove it")
    what, limit = f"the hook {file.name}", target.hooks.timeout_s
    status, output = subprocesses.run(what, [str(file)], limit=limit, cwd=target.source, given=given)
    for line in output.decode(errors="replace").splitlines():
        say(line)
    if status != 0:
        raise GonogoError(f"{what} ended with {status}: {subprocesses.last_words(output)}")
    return True


def stray(target: Target) -> list[str]:
    """Return the files of the hooks' folder that no step will ever run, sorted."""
    folder = _folder(target)
    if folder is None or not folder.is_dir():
        return []
    known = {f"{when}-{step}" for when in ("before", "after") for step in STEPS}
    names = (one.name for one in folder.iterdir() if not one.name.startswith("."))
    return sorted(name for name in names if name not in known)


def _folder(target: Target) -> Path | None:
    return target.source / target.hooks.folder if target.hooks.folder else None


def _file(target: Target, name: str) -> Path | None:
    folder = _folder(target)
    file = folder / name if folder else None
    return file if file and file.exists() else None
