"""Containers that were started by hand, with compose files beside those that are deployed (incident L8)."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from gonogo.deploy.compose.default_files import OVERRIDES
from gonogo.deploy.host.container import Container
from gonogo.deploy.target.target import Target


def added(running: Iterable[Container], target: Target) -> dict[str, list[Container]]:
    """Return the containers that were started from compose files that would not be deployed, by these.

    A file counts where it was one of several and the others are known: an override. Compose writes the files
    into a label; those in gonogo's own folder are of its releases.
    """
    ours = {PurePosixPath(file).name for file in target.compose_files}
    found: dict[str, list[Container]] = {}
    for one in running:
        files = [PurePosixPath(file) for file in one.files.split(",") if file]
        extra = [f for f in files if f.name not in ours and not f.is_relative_to(target.deploy_path)]
        for file in extra:
            if len(files) > len(extra) or file.name in OVERRIDES:
                found.setdefault(str(file), []).append(one)
    return found


def without(found: Mapping[str, Collection[Container]], target: Target) -> str:
    """Return what starts containers again without these files, by commands; empty if nothing can.

    The other files are those that they were started from; Compose wrote them into a label.
    """
    env = f" --env-file {shlex.quote(str(target.env_path))}" if target.env_path else ""
    lines: dict[str, set[str]] = {}
    for one in {each.id: each for held in found.values() for each in held}.values():
        files = [file for file in one.files.split(",") if file and file not in found]
        place = f"-p {shlex.quote(one.project)} --project-directory {shlex.quote(one.folder)}{env}"
        if files and one.service:
            given = " ".join(f"-f {shlex.quote(file)}" for file in files)
            lines.setdefault(f"docker compose {place} {given} up -d --no-deps", set()).add(one.service)
    told = " and ".join(f"`{line} {shlex.join(sorted(names))}`" for line, names in sorted(lines.items()))
    end = "or name the file in compose_files and have git track it"
    return f"Start them again without it, on the target: {told}; {end}." if told else ""
