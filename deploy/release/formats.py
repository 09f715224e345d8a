"""The format of what gonogo writes into its folder on a target, so that no version misreads another's.

One number for all of it: the journal's lines, the lock, and what is kept of releases. It is the first key of
each, and grows when an earlier version would misread what is written. What is of a later format is read by
nobody, and nothing is changed where it lies.
"""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath

from gonogo.deploy.errors import GonogoError

FORMAT = 3
"""What is written now. Since 2 the env files lie with the release; since 3 all that is written says this."""
READ = 5000
"""Lines of the journal that are looked at, from its end."""
_SAID = re.compile(r'\s*\{\s*"format": ?([0-9]+)')
"""The first key alone: further within, it may be the name of a collection."""
BEGIN = 60
"""Bytes of a record in which its first key is."""


class Newer(GonogoError):
    """A later version of gonogo wrote this; nothing was changed."""


def is_newer(text: str) -> bool:
    """Return whether a record, or a line of the journal, was written by a later version of gonogo."""
    said = _SAID.match(text)
    return said is not None and (len(said[1]) > 9 or int(said[1]) > FORMAT)


def refuse(text: str, told: str) -> None:
    """Raise Newer for what a later version of gonogo wrote; ``told``: where it lies, in words."""
    if is_newer(text):
        raise Newer(worded(told))


def worded(told: str) -> str:
    """Return the sentence about what a later version of gonogo wrote."""
    return f"{told} was written by a later version of gonogo: use that one, or a later one, on this target"


def newest(folder: PurePosixPath, journal: str, records: tuple[str, ...]) -> str:
    """Return the script that prints the greatest format in gonogo's folder; nothing where there is none."""
    place = shlex.quote(str(folder))
    files = " ".join(f"{place}/releases/*/{name}" for name in records)
    begins = f"for file in {files}; do head -c {BEGIN} -- \"$file\" | tr -d '\\n'; echo; done"
    return (
        f"{{ tail -n {READ} {place}/{journal}; {begins}; }} 2>/dev/null | "
        "sed -nE 's/^\\{ *\"format\": ?([0-9]+).*/\\1/p' | sort -n | tail -n 1"
    )
