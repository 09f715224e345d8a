"""What git says of the folder that an image is built from, and whether an image is that old."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.host import local_git
from gonogo.deploy.host.images import REVISION, ImageInfo
from gonogo.deploy.release.records import is_dirty
from gonogo.deploy.target.target import Target

EARLIEST = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""Before it are the times of builders that give none, so that their images are the same each time."""


@dataclass(frozen=True)
class Source:
    """What git says of a build context: the last commit that touched it, when, and whether it was changed.

    ``revision`` is empty where git knows nothing of it; ``committed`` is in ISO 8601.
    """

    revision: str = ""
    committed: str = ""
    dirty: bool = False

    @property
    def label(self) -> str:
        """The value of the label REVISION of an image that is built from it."""
        return f"{self.revision}-dirty" if self.revision and self.dirty else self.revision


def source(target: Target, folder: Path) -> Source:
    """Return what git says of a build context.

    Its last commit, not HEAD: an image whose sources did not change keeps its id, so its service is left
    alone.
    """
    said = local_git.known(target.source, "log", "-1", "--format=%H %cI", "--", str(folder))
    revision, _, committed = said.partition(" ")
    return Source(revision, committed, bool(revision) and is_dirty(folder))


def stale(image: ImageInfo, source: Source) -> str:
    """Return why an image is not known to be built from a source as it is; empty when it is."""
    label = image.labels.get(REVISION)
    if label is None:
        return f"has no label {REVISION}: it was not built by gonogo, so nobody can tell what it holds"
    if label.endswith("-dirty"):
        return f"was built from {label[:8]} with changes that were not committed"
    if label != source.revision:
        return f"was built from {label[:8]}, and the last commit of its sources is {source.revision[:8]}"
    if source.dirty:
        return f"was built from {label[:8]}, and its sources have changes that are not committed"
    created, committed = _time(image.created), _time(source.committed)
    if created and committed and EARLIEST < created < committed:
        return f"was made at {image.created}, before the commit of its sources at {source.committed}"
    return ""


def _time(text: str) -> datetime.datetime | None:
    # Docker writes nanoseconds, of which Python reads the first six digits, from 3.11 on.
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
