"""A folder of this machine that is written to: whether another user can have planted something in it."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from gonogo.deploy.errors import GonogoError


def _keeps_modes(folder: Path) -> bool:
    """Return whether a file there has the mode it is made with: those of Windows show one for all."""
    try:
        with tempfile.NamedTemporaryFile(prefix=".gonogo-", dir=folder) as made:
            return not os.fstat(made.fileno()).st_mode & stat.S_IWOTH
    except OSError:
        return True


def refuse(folder: Path) -> None:
    """Raise GonogoError for a folder, or a link in its place, of another user's, or that all may write to.

    Who owns what it lies in is trusted as well, as on a machine of CI where root works in the checkout of
    another, and so is the folder's group: a team may share it. One in which nobody may rename what is
    another's, such as /tmp, is open to nobody in that sense.
    """
    if not hasattr(os, "getuid"):
        return
    try:
        there = [folder.lstat(), folder.stat()]
        trusted = {0, os.getuid(), folder.parent.stat().st_uid}
    except FileNotFoundError:
        return
    except OSError as error:
        raise GonogoError(f"{folder} cannot be looked at: {error.strerror}") from None
    if any(one.st_uid not in trusted for one in there):
        raise GonogoError(f"{folder} belongs to another user: see who made it, or name another folder")
    if there[1].st_mode & stat.S_IWOTH and not there[1].st_mode & stat.S_ISVTX and _keeps_modes(folder):
        raise GonogoError(f"all users of this machine may write to {folder}: run `chmod o-w {folder}`")
