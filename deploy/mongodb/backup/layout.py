"""mongodump's directory layout: which file of a dump holds what, and the metadata of collections.

The rules are those of MongoDB's own mongo-tools (mongodump/prepare.go, metadata_dump.go, and for names
common/util/file.go), so that mongorestore reads what we write, and we read what mongodump wrote.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any, get_args
from urllib.parse import quote, quote_plus, unquote_plus

from bson import json_util
from bson.codec_options import DatetimeConversion

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server.source import Form, Namespace

DUMP = "dump"
DATA = ".bson"
METADATA = ".metadata.json"
PRELUDE = "prelude.json"
ACCOUNTS = ("users", "roles", "version")
"""What mongodump keeps of the admin database for one database: its users, its roles, and their version."""
LONGEST = 238
"""Bytes of a file's name without ``.metadata.json.gz``, for most file systems take 255."""
KEPT = 208
"""Bytes that are kept of a longer name, before its hash."""
OLDER_PLAIN = "$&+:=@"
"""What backups of gonogo before 0.2 left as it is in names, beyond letters, digits and ``-_.~``."""
WRAPPERS = (
    {"$oid"},
    {"$symbol"},
    {"$numberInt"},
    {"$numberLong"},
    {"$numberDouble"},
    {"$numberDecimal"},
    {"$binary"},
    {"$code"},
    {"$code", "$scope"},
    {"$timestamp"},
    {"$regularExpression"},
    {"$date"},
    {"$minKey"},
    {"$maxKey"},
)
"""The keys with which canonical extended JSON tells a type. Others, such as $regex, mean themselves."""

TYPED = json_util.CANONICAL_JSON_OPTIONS.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
"""Canonical extended JSON, with dates that Python has none for."""


def escaped(collection: str) -> str:
    """Return what the files of a collection are called, before their endings: a space is ``+``.

    Go's url.QueryEscape, as mongo-tools has it. The name of one that is too long is cut; its whole name is in
    the metadata then.
    """
    return _cut(collection, quote_plus(collection, safe=""))


def _cut(collection: str, name: str) -> str:
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha1(collection.encode(), usedforsecurity=False).digest()
    return f"{name[:KEPT]}%24{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def unescaped(stem: str) -> str | None:
    """Return the collection that files are of; None where the name was cut, see ``escaped``."""
    cut = len(stem) == LONGEST and stem[KEPT : KEPT + 3] == "%24"
    return None if cut else unquote_plus(stem, errors="strict")


def data_path(database: str, namespace: Namespace) -> str:
    """Return the path of a collection's documents in a backup's folder; empty for a view."""
    return f"{DUMP}/{database}/{escaped(namespace.stored)}{DATA}" if namespace.stored else ""


def metadata_path(database: str, name: str) -> str:
    """Return the path of a collection's metadata in a backup's folder."""
    return f"{DUMP}/{database}/{escaped(name)}{METADATA}"


def prelude_path(database: str) -> str:
    """Return the path of the file that names the versions of server and tool."""
    return f"{DUMP}/{database}/{PRELUDE}"


def account_path(database: str, kind: str) -> str:
    """Return the path of what was kept of the admin database; ``kind``: one of ACCOUNTS."""
    return f"{DUMP}/{database}/{escaped(f'$admin.system.{kind}')}{DATA}"


def account_paths(database: str, kind: str) -> tuple[str, str]:
    """Return the paths where that may lie: as ``account_path``, and as older backups of ours have it."""
    return account_path(database, kind), f"{DUMP}/{database}/$admin.system.{kind}{DATA}"


def prelude(server: str, tool: str) -> bytes:
    """Return the file that names the versions of the server and of the tool that made a dump."""
    return json.dumps({"ServerVersion": server, "ToolVersion": tool}, separators=(",", ":")).encode()


def metadata(namespace: Namespace) -> bytes:
    """Return a collection's metadata as canonical extended JSON, version 2."""
    found: dict[str, Any] = {"options": dict(namespace.options)} if namespace.options else {}
    found |= {"indexes": [dict(index) for index in namespace.indexes]}
    found |= {"uuid": namespace.uuid} if namespace.uuid else {}
    found |= {"collectionName": namespace.name, "type": namespace.form}
    text = json_util.dumps(found, json_options=TYPED, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def read_metadata(data: bytes, path: str) -> Namespace:
    """Return the collection that a file of metadata describes; raises GonogoError when it is none.

    ``path``: of the file, from which the name is taken where older tools did not write it.
    """
    try:
        found = json.loads(data.decode(), object_pairs_hook=_value)
        name = found.get("collectionName") or unescaped(_stem(path, METADATA))
        options = found.get("options") or {}
        form = found.get("type") or _form(options)
        if not (
            isinstance(name, str)
            and form in get_args(Form)
            and isinstance(options, Mapping)
            and all(isinstance(one, Mapping) and "key" in one for one in found["indexes"] or [])
        ):
            raise ValueError
        return Namespace(name, form, options, tuple(found["indexes"] or []), str(found.get("uuid") or ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise GonogoError(
            f"{path} is damaged: it is no metadata of a collection; take another backup"
        ) from None


def _value(pairs: list[tuple[str, Any]]) -> Any:
    """Return what an object stands for, which is itself unless it is exactly one of WRAPPERS."""
    found = dict(pairs)
    if found.keys() in WRAPPERS:
        return json_util.object_hook(found, TYPED)
    return found


def _form(options: Mapping[str, Any]) -> Form:
    if "viewOn" in options:
        return "view"
    return "timeseries" if "timeseries" in options else "collection"


def _stem(path: str, ending: str) -> str:
    return PurePosixPath(path).name.removesuffix(ending)


def documents_path(metadata: str, namespace: Namespace, files: Collection[str]) -> str:
    """Return the path of the documents that belong to a file of metadata; empty for a view.

    ``files``: the paths of the backup. The names of older backups of ours are found as well. Where none of
    the names is there, it is the one that mongodump would have used.
    """
    if not namespace.stored:
        return ""
    folder, names = PurePosixPath(metadata).parent, [escaped(namespace.stored), _older(namespace.stored)]
    if _stem(metadata, METADATA) == _older(namespace.name):
        names.reverse()  # what one name is now, another one was then
    paths = [f"{folder}/{name}{DATA}" for name in names]
    return next((path for path in paths if path in files), paths[0])


def _older(collection: str) -> str:
    return _cut(collection, quote(collection, safe=OLDER_PLAIN))


def collections_data(files: Collection[str], database: str) -> set[str]:
    """Return those paths of a backup that are documents of collections, and not users or roles."""
    accounts = {path for kind in ACCOUNTS for path in account_paths(database, kind)}
    return {path for path in files if path.endswith(DATA)} - accounts
