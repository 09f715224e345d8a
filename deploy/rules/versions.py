"""Which version of MongoDB may open the data files of which (its manual, "Upgrade … Standalone")."""

from __future__ import annotations

import re

SERIES = ((3, 4), (3, 6), (4, 0), (4, 2), (4, 4), (5, 0), (6, 0), (7, 0), (8, 0))
"""The series that succeed one another; none may be left out. Rapid releases such as 6.3 lie between them."""

Version = tuple[int, int]


def version(text: str) -> Version | None:
    """Return major and minor with which a text begins, such as 7.0.14 or v6.0; None where it does not."""
    found = re.match(r"v?(\d{1,2})\.(\d{1,2})(?!\d)", text)
    if found:
        return int(found[1]), int(found[2])
    # A tag may be the major alone, which since 5 stands for its long-term series.
    major = re.match(r"v?(\d{1,2})(?![\d.])", text)
    return (int(major[1]), 0) if major and int(major[1]) >= 5 else None


def refusal(new: Version, compatibility: Version) -> str:
    """Return why a MongoDB of version ``new`` does not open data of that featureCompatibilityVersion.

    Empty where it does: a version opens data of its own series and of the one before.
    """
    told, have = (".".join(map(str, one)) for one in (new, compatibility))
    if new < compatibility:
        return f"MongoDB {told} does not open data whose featureCompatibilityVersion is {have}"
    between = [one for one in SERIES if compatibility < one <= new]
    if len(between) > 1:
        way = ", then ".join(".".join(map(str, one)) for one in between)
        return f"MongoDB {told} does not open data of {have}: the way there is {way}"
    return ""
