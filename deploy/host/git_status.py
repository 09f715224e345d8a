"""What ``git status`` says of a folder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Checkout:
    """Where a folder stands in git. ``commit`` is empty where there is none; ``why`` then says why.

    ``branch`` is empty on a detached HEAD; ``changes`` are files of the folder that are not committed, new
    ones too; ``remotes`` are the branches of remotes that hold the commit, as far as this clone knows;
    ``time`` is that of the commit, in ISO 8601. ``unread``: git could not look, which is no answer.
    """

    commit: str = ""
    branch: str = ""
    changes: tuple[str, ...] = ()
    remotes: tuple[str, ...] = ()
    time: str = ""
    why: str = ""
    unread: bool = False


def parse_status(text: str) -> Checkout:
    """Return what ``git status --porcelain=v2 --branch -z`` says; its format is that of git-status(1)."""
    headers: dict[str, str] = {}
    changes: list[str] = []
    records = iter(text.split("\0"))
    for record in records:
        kind, _, rest = record.partition(" ")
        if kind == "#":
            name, _, value = rest.partition(" ")
            headers[name] = value
        elif kind == "?":
            changes.append(rest)
        elif kind in ("1", "2", "u"):
            changes.append(rest.split(" ", {"1": 7, "2": 8, "u": 9}[kind])[-1])
            if kind == "2":
                next(records, "")  # the name that the file had before
    commit, branch = headers.get("branch.oid", ""), headers.get("branch.head", "")
    return Checkout(
        "" if commit == "(initial)" else commit,
        "" if branch == "(detached)" else branch,
        tuple(changes),
    )
