"""The names of versions: each is a tag of images, and a folder on the target."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from gonogo.deploy.compose.image_name import TAG
from gonogo.deploy.errors import GonogoError, UsageError

BACK = "rollback-"
"""How the versions of those runs begin that lead back to a release, and make none."""
RESUMED = "resume-"
"""How the versions of those runs begin that bring another one to its end."""
UNLOCK = "unlock-"
"""How the entries begin that tell why a lock was taken away; they are no runs that could be gone on with."""
OURS = (BACK, RESUMED, "adopted-", UNLOCK)
"""How the versions begin that gonogo gives itself, to what is no deployment."""
MOVING = "latest"
EXPECTED = (
    "expected what can be an image's tag: letters, digits, `_`, `.` and `-`, at most 128, and neither `.` "
    "nor `-` first; such as 1.4.2"
)


class Taken(UsageError):
    """The version that was given names a release that is on the target already; nothing was touched."""


def version(given: str) -> str:
    """Return the version that was given for a new release; raises UsageError where it cannot name one."""
    told = f"--version {given!r} cannot name a version: "
    if not is_version(given):
        raise UsageError(f"{told}{EXPECTED}")
    if given == MOVING:
        raise UsageError(f"{told}it is the tag that names another image each day; give one such as 1.4.2")
    if mine := next((one for one in OURS if given.startswith(one)), ""):
        raise UsageError(f"{told}what begins with {mine!r} is named so by gonogo itself; give another")
    return given


def wanted(given: str) -> str:
    """Return the version of a release to go to, empty for none; raises UsageError where it can name none."""
    if given and not is_version(given):
        raise UsageError(f"--to {given!r} names no release: {EXPECTED}; `gonogo history` lists them")
    return given


def is_version(name: str) -> bool:
    """Return whether a name can be that of a version: no path, no option, no other word of a command."""
    return TAG.fullmatch(name) is not None


def known(name: str, told: str) -> str:
    """Return the name of a version as it is; raises GonogoError for any other. ``told``: where it stands."""
    if not is_version(name):
        raise GonogoError(f"{told} holds {name!r}, which is no version: it was damaged or changed by hand")
    return name


def _version(name: str) -> str:
    if name and not is_version(name):
        raise ValueError("expected the name of a version")
    return name


Version = Annotated[str, AfterValidator(_version)]
"""The name of a version in a record, empty for none."""
