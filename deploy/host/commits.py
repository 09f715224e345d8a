"""What would ship: what lies between the commit that runs and the one that would be deployed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gonogo.deploy.host import local_git

SHOWN = 5
MOST = 200
"""Commits that are asked for; where there are more, the newest are taken."""

COMPOSE = "compose files"
KINDS = {
    "migrations": re.compile(r"(^|/)(migrations?|alembic|flyway|liquibase|changelogs?)/|\.sql$", re.I),
    COMPOSE: re.compile(r"(^|/)(docker-)?compose[^/]*\.ya?ml$", re.I),
    "env files": re.compile(r"(^|/)(\.env[^/]*|[^/]+\.env)$", re.I),
    "Dockerfiles": re.compile(r"(^|/)(dockerfile(\.[^/]*)?|[^/]+\.dockerfile|\.dockerignore)$", re.I),
}
"""Files whose change a person wants to know of before a release, by what they are."""


@dataclass(frozen=True)
class Commit:
    """One commit: its whole id, and the first line of its message."""

    id: str
    subject: str

    @property
    def told(self) -> str:
        """Its short id and subject."""
        return f"{self.id[:8]} {self.subject}"


@dataclass(frozen=True)
class Shipping:
    """What lies between the commit that runs and the one that would be deployed.

    ``known``: whether this clone has the former; ``commits``: those that are new, the newest first;
    ``lost``: those that run and would no longer; ``files``: the files that differ; ``forward``: whether
    the commit that would be deployed is a descendant, ``back``: an ancestor, of the one that runs.
    """

    since: str
    until: str
    known: bool
    forward: bool = False
    back: bool = False
    commits: tuple[Commit, ...] = ()
    lost: tuple[Commit, ...] = ()
    files: tuple[str, ...] = ()

    def notable(self, compose_files: Iterable[str] = ()) -> dict[str, list[str]]:
        """Return the changed files that a person wants to know of, by what they are.

        ``compose_files``: those of the target, whatever they are called.
        """
        names = {PurePosixPath(file).name for file in compose_files}
        found = {kind: [f for f in self.files if form.search(f)] for kind, form in KINDS.items()}
        more = [f for f in self.files if PurePosixPath(f).name in names and f not in found[COMPOSE]]
        found[COMPOSE] += more
        return {kind: files for kind, files in found.items() if files}

    def told(self, compose_files: Iterable[str] = ()) -> str:
        """Return what ships, in words: how many commits, the files to look at, and what would be lost."""
        number = len(self.commits)
        parts = [f"{number} commit{'' if number == 1 else 's'} since {self.since[:8]}"]
        parts += [f"{kind} changed: {some(files)}" for kind, files in self.notable(compose_files).items()]
        parts += [f"lost: {self.losses}"] if self.lost else []
        return "; ".join(parts)

    @property
    def losses(self) -> str:
        """The commits that run and would no longer, in words."""
        return some([commit.told for commit in self.lost])


def some(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def shipping(source: Path, since: str, until: str = "") -> Shipping:
    """Return what a commit has that the commit ``since`` has not, and the other way round.

    ``until``: that commit, HEAD by default. Raises GonogoError.
    """
    wanted = [since, *filter(None, [until])]
    until = until or local_git.asked(source, "rev-parse", "HEAD").strip()
    if not all(_has(source, one) for one in wanted):
        return Shipping(since, until, known=False)
    commits, lost = (_commits(source, f"{a}..{b}") for a, b in ((since, until), (until, since)))
    files = local_git.asked(source, "diff", "--name-only", "--no-renames", "-z", since, until)
    return Shipping(
        since,
        until,
        known=True,
        forward=not lost,
        back=bool(lost) and not commits,
        commits=commits,
        lost=lost,
        files=tuple(filter(None, files.split("\0"))),
    )


def _has(source: Path, commit: str) -> bool:
    whole = re.fullmatch(r"[0-9a-f]{40,64}", commit)
    return bool(whole) and local_git.run(source, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def _commits(source: Path, which: str) -> tuple[Commit, ...]:
    # Not by splitlines: a subject may hold what that takes for the end of a line, such as U+2028.
    rows = local_git.asked(source, "log", f"--max-count={MOST}", "--format=%H %s", which, "--").split("\n")
    return tuple(Commit(id, subject) for id, _, subject in (row.partition(" ") for row in rows) if id)
