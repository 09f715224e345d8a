"""Where a backup lands on the target: a folder that takes its name when all of it is there."""

from __future__ import annotations

import datetime
import re
import shlex
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO, cast
from urllib.parse import quote

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import foreign
from gonogo.deploy.mongodb.backup.backup_stream import END, PIECE, SUMS, BackupStream
from gonogo.deploy.mongodb.backup.layout import DUMP
from gonogo.deploy.release import records
from gonogo.deploy.ssh.connection import Connection, Result
from gonogo.deploy.target.target import Target

PART = ".part-"
OWNER = ".owner"
"""The file in a folder that is being made: for which target, and which process on the target does it."""
TAKEN, TORN, WRONG, FULL = 17, 71, 72, 73
"""Exit statuses of our own scripts: the name is taken; the stream was cut off; a sum differs; not written."""
TRIES = 5
"""How often another name is tried where that of this second is taken."""
LONGEST = 100
"""Characters of the database's name in that of a backup, for most file systems take 255 in all."""
LEAST_S = 1800.0
"""Seconds that a step over the bytes of a backup may take at least, however few they are."""
SLOWEST = 1_000_000
"""Bytes in a second below which such a step counts as one that does not move."""
IDLE_MIN = 60
"""Minutes without a change after which a folder that is being made counts as left behind, whoever made it."""
DEAD_MIN = 5
"""The same where the process that made it is gone: between two processes of one backup there is a moment."""

# Tells a process from another of its number: the boot of the machine, and ticks from there to its start.
_LIFE = (
    'life() { [ -r "/proc/$1/stat" ] && echo "$1 $(cat /proc/sys/kernel/random/boot_id)" '
    '"$(awk \'{ sub(/.*[)] /, ""); print $20 }\' "/proc/$1/stat")"; }; '
)

# openssl, where it is there, has several times the speed. What it says counts only where it is right: all
# else is read again by sha256sum.
_SUMMED = (
    'summed() { if sum=$(openssl dgst -sha256 -r 2>/dev/null < "$1"); then echo "${sum%% *}  $1"; '
    'else sha256sum -- "$1"; fi; }; '
)

SUM = (
    'summed() { if sum=$(openssl dgst -sha256 -r 2>/dev/null < "$1"); then echo "${sum%% *}"; '
    'else sha256sum < "$1"; fi; }; summed'
)
"""Prints the SHA-256 of the file whose name follows."""

# head reads 8 kB at once, which costs three times as much; other dd's than GNU's may not count bytes.
_TAKEN = (
    "dd=iflag=fullblock,count_bytes; "
    'if [ "$(echo ok | dd bs=8 count=2 $dd 2>/dev/null)" = ok ]; '
    'then taken() { dd bs=256k count="$1" $dd status=none; }; else taken() { head -c "$1"; }; fi; '
)


def limit_s(size: int | None) -> float:
    """Return the seconds that a step over so many bytes may take; over a day where nobody knows how many."""
    return LEAST_S + (100_000 * 1_000_000 if size is None else size) / SLOWEST


def named(target: Target, database: str, at: datetime.datetime) -> str:
    """Return what a backup is called that is begun at a time, in UTC."""
    return f"{target.name}-{quote(database, safe='')[:LONGEST]}-{at:%Y%m%d-%H%M%S}"


def claim(connection: Connection, target: Target, database: str) -> tuple[str, datetime.datetime]:
    """Make the folder of a backup that begins now; return the backup's name, and the time. GonogoError."""
    foreign.refuse(connection, target.backup_path, foreign.backups(target.name))
    folder = shlex.quote(str(target.backup_path))
    for _ in range(TRIES):
        at = records.now()
        name = shlex.quote(named(target, database, at))
        result = connection.run(
            f"umask 077; {_LIFE} mkdir -p {folder} && cd {folder} || exit {FULL}; "
            f"part={PART}{name}; [ ! -e {name} ] && [ ! -e $part ] || exit {TAKEN}; "
            f"mkdir $part && cd $part && {_owned(target)} || exit {FULL}",
            mutates=True,
        )
        if result.exit_status == 0:
            return named(target, database, at), at
        if result.exit_status != TAKEN:
            raise GonogoError(
                f"{connection.host}: no backup can be written to {target.backup_path}: {_said(result)}"
            )
        time.sleep(1.0)
    raise GonogoError(
        f"{connection.host}: other backups take every name in {target.backup_path}: wait for them to end"
    )


def _owned(target: Target) -> str:
    # Renamed, for one that was cut off in between would name nobody, and never be removed.
    return f'echo {shlex.quote(target.name)} "$(life $$)" > {OWNER}.new && mv -f {OWNER}.new {OWNER}'


def part(target: Target, name: str) -> PurePosixPath:
    """Return the folder of a backup that was claimed."""
    return target.backup_path / f"{PART}{name}"


def enter(target: Target, name: str) -> str:
    """Return the script that goes to the folder of a backup that was claimed."""
    place = shlex.quote(str(part(target, name)))
    return (
        f"umask 077; {_LIFE} name={shlex.quote(name)}; part={PART}$name; cd {place} && {_owned(target)} "
        f"|| exit {FULL}; "
    )


def receive(database: str = "") -> str:
    """Return the script that takes a ``BackupStream`` from its standard input, checks it and ends the backup.

    ``database``: whose folder of a dump is to be made before. The sum of a file of more than one piece is
    read, and the file written through, while the next one comes, and those of all others at the end.
    """
    folder = shlex.quote(f"{DUMP}/{database}" if database else ".")
    return (
        # What fails takes its folder with it: the part is ours, and nobody reads one.
        f"{_SUMMED}{_TAKEN}"
        'fail() { status=$1; cd .. && rm -rf -- "$part"; exit $status; }; '
        f'folder={folder}; mkdir -p "$folder" || fail {FULL}; : > .sums; long=; whole=; '
        "while read -r what size number && IFS= read -r path; do "
        "case $path in :*) path=$folder/${path#:};; esac; "
        'if [ -n "$long" ] && [ "$long" != "$path" ]; then '
        'wait; { sync "$long" & summed "$long" >> .sums; wait; } & long=; fi; '
        f'case $what in {PIECE}) taken "$size" >> "$path" 2> .said || '
        f"{{ cat .said >&2; fail {FULL}; }};; {END}) whole=1; break;; *) break;; esac; "
        '[ "$number" = 1 ] || long=$path; done; '
        f'wait; [ -n "$whole" ] && [ -f {SUMS} ] || fail {TORN}; '
        # A sum that was read already and is right need not be read again.
        f"sort .sums > .read; sort {SUMS} > .sums; comm -13 .read .sums > .left; "
        f"sha256sum -c .left > .said 2>&1 || {{ awk '!/: OK$/' .said >&2; fail {WRONG}; }}; "
        f"{finish()}"
    )


def finish() -> str:
    """Return the script that writes all of a backup through to the disk and gives it its name."""
    return (
        f"rm -f .said .sums .read .left {SUMS} {OWNER}; "
        "find . -type f -exec sync {} + && find . -type d -exec sync {} + && cd .. && "
        f'mv -T -- "$part" "$name" && sync . || exit {FULL}'
    )


def send(
    connection: Connection,
    script: str,
    backup: BackupStream,
    on_bytes: Callable[[int], None] | None,
    size: int | None = None,
) -> None:
    """Run a script that receives ``backup``; raises GonogoError, and what reading ``backup`` raises.

    ``size``: about how many bytes it has, from which its time limit follows.
    """
    result = connection.stream(script, stdin=cast(BinaryIO, backup), on_bytes=on_bytes, timeout=limit_s(size))
    if result.ok:
        return
    why = {
        TORN: "what was sent was cut off",
        WRONG: f"what was written is not what was sent: {_said(result)}",
    }.get(result.exit_status, _said(result))
    raise GonogoError(connection.redact(f"{connection.host}: the backup could not be written: {why}"))


def _said(result: Result) -> str:
    said = next((line for line in result.error_text.splitlines() if line.strip()), "it said nothing")
    return re.sub(r"^(cat|dd|head|mkdir|sync|mv|sh): (\d+: )?", "", said)


def discard(connection: Connection, target: Target, name: str) -> None:
    """Remove the folder of a backup that failed, if it is ours."""
    part = shlex.quote(str(target.backup_path / f"{PART}{name}"))
    mine = shlex.quote(f"{target.name} ")
    connection.run(
        f'case "$(cat {part}/{OWNER} 2>/dev/null)" in {mine}*) rm -rf -- {part};; esac', mutates=True
    )


def sweep(connection: Connection, target: Target) -> None:
    """Remove the folders that backups of this target left behind; those of others, and all else, stay."""
    foreign.refuse(connection, target.backup_path, foreign.backups(target.name))
    folder, mine = shlex.quote(str(target.backup_path)), shlex.quote(f"{target.name} ")
    connection.check(
        f"{_LIFE} cd {folder} 2>/dev/null || exit 0; "
        f"for part in {PART}{shlex.quote(target.name)}-*; do "
        f'[ -d "$part" ] && [ ! -h "$part" ] || continue; '
        f'[ -e "$part/{OWNER}" ] || {{ [ -n "$(find "$part" -mmin -{IDLE_MIN} | head -n 1)" ] || '
        # Cut off before it named anybody: of such an empty folder nothing can be lost.
        f'{{ [ -s "$part/{OWNER}.new" ] || rm -f "$part/{OWNER}.new"; rmdir "$part" 2>/dev/null; }}; '
        "continue; }; "
        f'owner=$(cat "$part/{OWNER}") || continue; '
        f'case "$owner" in {mine}*) owner=${{owner#{mine}}};; *) continue;; esac; '
        f'limit={IDLE_MIN}; [ "$(life "${{owner%% *}}")" = "$owner" ] || limit={DEAD_MIN}; '
        '[ -z "$(find "$part" -mmin -$limit | head -n 1)" ] || continue; rm -rf -- "$part"; done; :',
        mutates=True,
    )
