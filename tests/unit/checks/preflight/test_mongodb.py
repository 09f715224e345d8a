"""Which versions of MongoDB open which data."""

from __future__ import annotations

from gonogo.checks.preflight.test_mongodb import incompatible, version
from tests.unit.tables import every


@every(
    "text, found",
    [
        ("6.0.5", (6, 0)),
        ("v7.0", (7, 0)),
        ("4.4-focal", (4, 4)),
        ("8", (8, 0)),
        ("7-jammy", (7, 0)),
        ("4", None),
        ("latest", None),
        ("", None),
        ("20241101", None),
    ],
)
def test_versions_of_tags(text: str, found: tuple[int, int] | None) -> None:
    assert version(text) == found


@every(
    "new, data, says",
    [
        ((6, 0), (6, 0), ""),
        ((6, 0), (5, 0), ""),
        ((5, 0), (4, 4), ""),
        ((7, 0), (6, 3), ""),
        ((6, 3), (6, 0), ""),
        ((8, 0), (7, 0), ""),
        ((5, 0), (6, 0), "MongoDB 5.0 does not open data whose featureCompatibilityVersion is 6.0"),
        ((6, 0), (6, 3), "does not open data whose featureCompatibilityVersion is 6.3"),
        ((6, 0), (4, 4), "MongoDB 6.0 does not open data of 4.4: the way there is 5.0, then 6.0"),
        ((8, 0), (6, 0), "the way there is 7.0, then 8.0"),
        ((7, 0), (4, 2), "the way there is 4.4, then 5.0, then 6.0, then 7.0"),
    ],
)
def test_which_version_opens_which_data(new: tuple[int, int], data: tuple[int, int], says: str) -> None:
    found = incompatible(new, data)
    assert bool(found) == bool(says)
    assert says in found
