"""mongodump in the database's own container, straight into the backup's folder on the target."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote, urlencode

from pymongo import MongoClient

from gonogo.deploy.errors import CommandTimeout, GonogoError
from gonogo.deploy.mongodb.backup import backup_request, backup_stream, manifest, upload_folder
from gonogo.deploy.mongodb.backup.backup_request import BackupRequest, file
from gonogo.deploy.mongodb.backup.backup_stream import BackupStream, Piece, Sums
from gonogo.deploy.mongodb.backup.manifest import ARCHIVE, BEFORE, ENTRIES, FINGERPRINT, Manifest, Sum
from gonogo.deploy.mongodb.fingerprint import fingerprint
from gonogo.deploy.mongodb.fingerprint import unread as unread_collections
from gonogo.deploy.mongodb.fingerprint.fingerprint import Fingerprint
from gonogo.deploy.mongodb.fingerprint.unread import Unread
from gonogo.deploy.mongodb.server import database_tools, login, source, stall, write_detection
from gonogo.deploy.mongodb.server.client import Login
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Result
from gonogo.deploy.target.sections.data import Mongodb

Client = MongoClient[dict[str, Any]]

MAGIC, END = "6de29981", "ffffffff"
"""The first and the last four bytes of an archive of mongodump's: its magic number, and a terminator."""
MEANWHILE = (
    "others wrote while mongodump read: a document that was the same before and after is in the backup"
)
TRIES = 3
"""How often a database is dumped while others begin to write to what was at rest; at last all is read."""
LINES = 50
"""The last lines that are kept of what mongodump said."""
CUT = 74
"""Exit status of our own script where mongodump ended well and its archive is none."""


def fits(release: Release, settings: Mongodb, client: Client) -> bool:
    """Return whether mongodump is to make the backup: where the container has it and ours is no better.

    Of one database of a replica set it cannot make a snapshot (--oplog goes with all databases alone), and
    ours can. Over TLS it would need the certificates in the container.
    """
    database = release.host.mongodb(release)
    if settings.uri_variable or database.container is None or database.dump_tool != "container":
        return False
    if "setName" in client.admin.command("hello"):
        return False
    return login.way(release, settings).trust is None


def made(request: BackupRequest) -> Manifest:
    """Let mongodump write the backup and return its manifest; raises GonogoError and pymongo's errors.

    Its fingerprint is taken before, and where something was written meanwhile another one after it: what is
    the same in both must be in the dump. What nobody writes to is hashed by the server, and not read.
    """
    with tempfile.TemporaryDirectory(prefix="gonogo-") as name:
        folder = Path(name)
        archive, taken = _between_fingerprints(request, folder)
        consistent = not (folder / BEFORE).exists()
        files = [FINGERPRINT, ENTRIES]
        files += [] if consistent else [f"{BEFORE}/{FINGERPRINT}", f"{BEFORE}/{ENTRIES}"]
        found = request.manifest(
            tool="mongodump",
            form="archive",
            server=str(request.client.server_info()["version"]),
            consistency=manifest.UNCHANGED if consistent else manifest.INCONSISTENT,
            consistent=consistent,
            documents=taken.count,
            files={ARCHIVE: archive} | {name: sum_of(folder / name) for name in files},
            notes=() if consistent else (MEANWHILE,),
        )

        def pieces(sums: Sums) -> Iterator[Piece]:
            for name in files:
                yield from file(folder / name, name)
            yield from backup_stream.closing(found.written(), sums)

        script = upload_folder.enter(request.release.target, request.name)
        script += f"mkdir -p {BEFORE} || exit {upload_folder.FULL}; " if not consistent else ""
        script += upload_folder.receive()
        upload_folder.send(request.release.connection, script, BackupStream(pieces), request.on_bytes)
    return found


def _between_fingerprints(request: BackupRequest, folder: Path) -> tuple[Sum, Fingerprint]:
    """Dump, and return the archive's sum and the fingerprint, which lies in ``folder``.

    That of before the dump lies in the folder ``BEFORE`` of it, where something was written meanwhile. Where
    that was to a collection that had not been read before, all is done once more, and that one is read.
    """
    client, database = request.client, request.settings.database
    apart = set[str]()
    for attempt in range(TRIES):
        if attempt < TRIES - 1:
            unread = unread_collections.hashed(client, database, apart)
            before = unread.before
        else:
            unread, before = Unread(), write_detection.state(client, database)
        # What is read is small, or is written to: a hash of it would be worth nothing.
        taken = fingerprint.take(client, database, folder, hashed=False, unread=unread)
        _dump(request)
        after = write_detection.state(client, database)
        if before is not None and before == after:
            return _summed(request), taken
        there = {one.name: one.stored for one in source.namespaces(client, database)}
        if not (written := unread.written(after, there)):
            break
        apart |= written
    _aside(folder)
    with ThreadPoolExecutor(1, thread_name_prefix="gonogo-sum") as beside:
        archive = beside.submit(_summed, request)
        taken = fingerprint.take(client, database, folder, hashed=False, unread=unread)
        return archive.result(), taken


def _aside(folder: Path) -> None:
    """Move the fingerprint that lies in a folder into the one of its own."""
    (folder / BEFORE).mkdir(mode=0o700)
    for name in (FINGERPRINT, ENTRIES):
        (folder / name).rename(folder / BEFORE / name)


def sum_of(path: Path) -> Sum:
    """Return the sum of a file of this machine."""
    running = backup_stream.Running()
    for _, piece in file(path, ""):
        running.add(memoryview(piece))
    return running.sum


def _dump(request: BackupRequest) -> None:
    release, container = request.release, request.container
    assert container is not None  # see fits
    script = upload_folder.enter(release.target, request.name) + command(
        container.id, request.settings.database, request.users
    )
    connection, given = release.connection, config(login.way(release, request.settings).login)
    what, size = f"{connection.host}: mongodump in {container.name}", backup_request.size(release)
    limit = stall.longest_s(upload_folder.limit_s(size), size)
    try:
        with stall.Watched(given, partial(_written, request), what) as watched:
            result = connection.stream(script, stdin=cast(BinaryIO, watched), to=watched.heard, timeout=limit)
    except CommandTimeout:
        raise GonogoError(
            f"{what} did not end within {limit:.0f} s: see the load of that machine and its disk, then try "
            "again"
        ) from None
    if not result.ok:
        raise GonogoError(connection.redact(f"{connection.host}: {_why(result, container.name)}"))


def _written(request: BackupRequest) -> int | None:
    """Return how many bytes mongodump has written; None where that cannot be told."""
    path = upload_folder.part(request.release.target, request.name) / ARCHIVE
    try:
        result = request.release.connection.run(f"wc -c < {shlex.quote(str(path))}", live=True)
    except CommandTimeout:  # a busy disk: the tool is not to be blamed for it
        return None
    return int(result.text) if result.ok else None


def _summed(request: BackupRequest) -> Sum:
    place = shlex.quote(str(upload_folder.part(request.release.target, request.name)))
    script = f"cd {place} && echo $(wc -c < {ARCHIVE}) $({upload_folder.SUM} {ARCHIVE})"
    limit = upload_folder.limit_s(_written(request))
    size, digest = request.release.connection.check(script, timeout=limit).text.split()[:2]
    return Sum(size=int(size), sha256=digest)


def command(container: str, database: str, users: bool) -> str:
    """Return the script that dumps into the folder where it is run.

    The first line of its standard input is the configuration, which holds the password. No more of it is
    read, so that it can stay open.
    """
    options = [f"--db={database}", "--archive"] + (["--dumpDbUsersAndRoles"] if users else [])
    inner = database_tools.called("mongodump", options)
    return (
        # No pipe behind it, whose end would hide how mongodump ended.
        "IFS= read -r config; printf '%s\\n' \"$config\" | "
        f"docker exec -i -- {shlex.quote(container)} sh -c {shlex.quote(inner)} > {ARCHIVE} 2> .said "
        f"|| {{ status=$?; tail -n {LINES} .said >&2; exit $status; }}; "
        f"hex() {{ od -An -tx1 | tr -d ' \\n'; }}; "
        f'[ "$(head -c 4 {ARCHIVE} | hex)" = {MAGIC} ] && [ "$(tail -c 4 {ARCHIVE} | hex)" = {END} ] '
        f"|| exit {CUT}; rm -f .said; echo"
    )


def config(given: Login) -> bytes:
    """Return the configuration for mongodump, which is YAML, as JSON is: the login, and this very server."""
    who = f"{quote(given.username, safe='')}:{quote(given.password, safe='')}@" if given.username else ""
    options = {"directConnection": "true"}
    if given.username or given.mechanism:
        options["authSource"] = given.source
    if given.mechanism:
        options["authMechanism"] = given.mechanism
    uri = f"mongodb://{who}127.0.0.1:27017/?{urlencode(options, quote_via=quote)}"
    return f"uri: {json.dumps(uri)}\n".encode()


def _why(result: Result, container: str) -> str:
    said = database_tools.reason(result.error_text)
    if result.exit_status == CUT:
        said = "what it wrote is no whole archive, though it ended well"
    return f"mongodump in {container} failed: {said}"
