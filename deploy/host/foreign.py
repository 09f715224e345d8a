"""What of a folder of gonogo's is not the login's alone: another's, open to others, or a symbolic link.

Whoever can put a link into it has us write to another file, with the rights of the login. Root is trusted.
"""

from __future__ import annotations

import shlex

CURRENT = "current"
"""The link that gonogo itself makes in its folder, and below it what a cut-off run may leave of it."""
PART = ".current.part"

_THEIRS = '! -user "$(id -u)" ! -user 0'
_OPENED = "! -type l \\( -perm -020 -o -perm -002 \\)"


def script(folder: str) -> str:
    """Return the script that prints such paths, the folder's own and those directly in it.

    find(1) -P follows no link. What lies in a folder that nobody else can enter is as closed as that.
    """
    find = f"find -P {shlex.quote(folder)}"
    return (
        f"if [ -e {shlex.quote(folder)} ] || [ -h {shlex.quote(folder)} ]; then "
        f"{find} -maxdepth 1 \\( {_THEIRS} -o -type l ! -name {CURRENT} ! -name {PART} \\) -print; "
        f"{find} -maxdepth 0 {_OPENED} -print; "
        f'if [ -z "$({find} -maxdepth 0 ! -perm -010 ! -perm -001)" ]; then '
        f"{find} -mindepth 1 -maxdepth 1 {_OPENED} -print; fi; fi"
    )
