"""What a target records of the release that runs, asked in one question."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import formats, versions
from gonogo.deploy.release.records import BASELINE, NEEDED, RECORD, Baseline, Record
from gonogo.deploy.ssh.connection import Connection

Kind = TypeVar("Kind", bound=BaseModel)


@dataclass(frozen=True)
class Recorded:
    """What ``.deploy/current`` names, and what its folder holds. ``name`` is empty when there is none.

    ``lacking``: the files that a way back to it needs and that are not there; ``damaged``: those that cannot
    be read as what they should be.
    """

    name: str = ""
    release: Record | None = None
    baseline: Baseline | None = None
    lacking: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    @property
    def usable(self) -> Record | None:
        """The record of the release, None when there is no release; raises GonogoError when it is no good."""
        if self.name and self.release is None:
            raise GonogoError(f"the record of {self.name} ({RECORD} in its folder) is missing or damaged")
        return self.release


def recorded(connection: Connection, folder: PurePosixPath) -> Recorded:
    """Return what ``folder`` records of the release that runs, in one question; raises GonogoError.

    JSON has no line breaks of its own, so each file is one line without those between its tokens.
    """
    place = shlex.quote(str(folder))
    files = " ".join(NEEDED)
    return parse_recorded(
        connection.check(
            f"[ -e {place} ] || exit 0; cd {place} || exit 1; name=$(readlink current) || exit 0; "
            f'echo "$name" && cd releases/"${{name##*/}}" || exit 0; for file in {RECORD} {BASELINE}; do '
            f"[ ! -e $file ] || tr -d '\n' < $file || exit 1; echo; done; "
            f"for file in {files}; do [ -e $file ] || echo $file; done"
        ).text
    )


def parse_recorded(text: str) -> Recorded:
    """Return what the question of ``recorded`` was answered; raises GonogoError.

    That is where the link names no version, and Newer where a later version of gonogo wrote a file.
    """
    led, *rest = text.splitlines() or [""]
    name = versions.known(PurePosixPath(led).name, "the link to the current release") if led else ""
    damaged: list[str] = []

    def read(line: str, file: str, kind: type[Kind]) -> Kind | None:
        formats.refuse(line, f"{file} of {name}")
        try:
            return kind.model_validate_json(line) if line else None
        except ValidationError:
            damaged.append(file)
            return None

    record, baseline, *lacking = rest if len(rest) > 1 else ["", "", *NEEDED]
    return Recorded(
        name,
        read(record, RECORD, Record),
        read(baseline, BASELINE, Baseline),
        tuple(lacking) if name else (),
        tuple(damaged),
    )
