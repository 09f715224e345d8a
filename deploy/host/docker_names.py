"""Names that an engine or a record gives, before they are a word of a command."""

from __future__ import annotations

import re

WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
"""Ids, with the algorithm before them or not, and names of containers (Docker's RestrictedNamePattern)."""
IMAGE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.:/@+-]*)?")
"""What a name of an image consists of, with registry, tag and digest; or its id."""


def word(value: str) -> str:
    """Return an id, or the name of a container, as it is; raises ValueError for what no engine gives."""
    if not WORD.fullmatch(value):
        raise ValueError(f"expected an id or a name of Docker's, found {value!r}")
    return value


def image(value: str) -> str:
    """Return the name or the id of an image as it is, empty for none; raises ValueError for anything else."""
    if not IMAGE.fullmatch(value):
        raise ValueError(f"expected the name of an image, found {value!r}")
    return value
