"""Files on the target: written whole or not at all, readable by the deployer alone."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from gonogo.deploy.ssh.connection import Connection


def put(connection: Connection, path: PurePosixPath, data: bytes) -> None:
    """Write a file (0600), its folders (0700) made where they are missing; raises GonogoError.

    It is written under another name, flushed to the disk and renamed, so it is never there in part.
    """
    part, whole = (shlex.quote(str(p)) for p in (path.with_name(f".{path.name}.part"), path))
    folder = shlex.quote(str(path.parent))
    connection.check(
        f"umask 077 && mkdir -p {folder} && cat > {part} && sync {part} && mv -f {part} {whole}",
        stdin=data,
        mutates=True,
    )


def read(connection: Connection, path: PurePosixPath) -> bytes | None:
    """Return a file's content, None when there is none; raises GonogoError when it cannot be read."""
    name = shlex.quote(str(path))
    result = connection.check(f"if [ -e {name} ]; then echo + && cat {name}; else echo -; fi")
    return result.stdout[2:] if result.stdout.startswith(b"+\n") else None


def append(connection: Connection, path: PurePosixPath, line: str) -> None:
    """Append a line to a file and flush it to the disk; raises GonogoError.

    Where there is no room for all of it, none of it is there. After half a line, which only a host that died
    leaves, it begins a new one.
    """
    name, folder = shlex.quote(str(path)), shlex.quote(str(path.parent))
    connection.check(
        f"size=; umask 077 && mkdir -p {folder} && touch {name} && size=$(wc -c < {name}) "
        f'&& {{ [ -z "$(tail -c 1 {name})" ] || echo >> {name}; }} '
        f'&& cat >> {name} && sync {name} || {{ [ -z "$size" ] || truncate -s $size {name}; exit 1; }}',
        stdin=f"{line}\n".encode(),
        mutates=True,
    )


def link(connection: Connection, path: PurePosixPath, to: str) -> None:
    """Make ``path`` a symbolic link to ``to``, in one rename; raises GonogoError."""
    part, whole = (shlex.quote(str(p)) for p in (path.with_name(f".{path.name}.part"), path))
    connection.check(f"ln -sfn -- {shlex.quote(to)} {part} && mv -fT {part} {whole}", mutates=True)
