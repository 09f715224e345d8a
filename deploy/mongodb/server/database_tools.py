"""MongoDB's database tools, mongodump and mongorestore, in a container: their login, and what they say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from gonogo.deploy.errors import cause

CONFIG = "/dev/fd/3"
"""Where a tool reads its configuration, which holds the password: a pipe, of which nothing stays behind."""

_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+(?:[+-]\d{4}|Z)?\s+")
_PROGRESS = re.compile(
    r"""^\[[#.\ ]*\] | ^\d+\ document\(s\) | ^(?:preparing|reading|restoring|creating|building|finished|done
    |writing|dumping|checking|no\ indexes|index:|archive\ prelude|continuing|options:|dropping|demux)\b
    """,
    re.VERBOSE,
)
"""Lines that say how far a tool is, or with how many documents it ended."""
_DAMAGED = re.compile(
    r"""does\ not\ appear\ to\ be\ a\ mongodump | corrupt | archive\ terminator | unexpected\ EOF | \bEOF\b
    | invalid\ (?:bson|document) | neither\ a\ valid\ bson | format\ version | archive\ io\ error | prelude
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SERVER = re.compile(
    r"""connect | connection | socket | authenticat | unauthorized | not\ authorized | no\ space
    | out\ of\ memory | timed?\ ?out | refused | interrupted | shutdown
    """,
    re.VERBOSE | re.IGNORECASE,
)


def called(tool: str, options: Sequence[str]) -> str:
    """Return the script that runs a tool in a container; the first line of its input is the configuration.

    What follows on the input is the tool's own. ``sh`` gives the configuration through a pipe.
    """
    return f"IFS= read -r config && {tool} --config={CONFIG} {shlex.join(options)} 3<<END\n$config\nEND\n"


def reason(text: str) -> str:
    """Return the line of a tool's log that says why it failed, without its time and its ``Failed:``."""
    lines = [_STAMP.sub("", line.strip()) for line in text.splitlines()]
    telling = [line for line in lines if line and not _PROGRESS.match(line)]
    failed = [line for line in telling if "Failed: " in line]
    said = failed[-1] if failed else cause("\n".join(telling) or text)
    return said.partition("Failed: ")[2] or said


def damaged(why: str) -> bool:
    """Return whether the reason of a failed restore is the archive itself, and not the server or the line."""
    return bool(_DAMAGED.search(why)) and not _SERVER.search(why)
