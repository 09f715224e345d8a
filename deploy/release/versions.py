"""The name of a version that a person gives: a tag of images, and a folder on the target."""

from __future__ import annotations

from gonogo.deploy.compose.image_name import TAG
from gonogo.deploy.errors import UsageError
from gonogo.deploy.release.history import UNLOCK
from gonogo.deploy.release.records import BACK, RESUMED

OURS = (BACK, RESUMED, "adopted-", UNLOCK)
"""How the versions begin that gonogo gives itself, to what is no deployment."""
MOVING = "latest"


class Taken(UsageError):
    """The version that was given names a release that is on the target already; nothing was touched."""


def version(given: str) -> str:
    """Return the version that was given; raises UsageError where it cannot name one."""
    told = f"--version {given!r} cannot name a version: "
    if not TAG.fullmatch(given):
        raise UsageError(
            f"{told}expected what can be an image's tag: letters, digits, `_`, `.` and `-`, at most 128, and "
            "neither `.` nor `-` first; such as 1.4.2"
        )
    if given == MOVING:
        raise UsageError(f"{told}it is the tag that names another image each day; give one such as 1.4.2")
    if mine := next((one for one in OURS if given.startswith(one)), ""):
        raise UsageError(f"{told}what begins with {mine!r} is named so by gonogo itself; give another")
    return given
