"""What a server says when it takes something not, in words that name no value but ``_id``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson.errors import BSONError
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup.reading import BackupDamaged
from gonogo.deploy.mongodb.fingerprint import elements
from gonogo.deploy.mongodb.server.stall import Stalled

DUPLICATE = 11000
UNAUTHORIZED = 13
SERVERS_OWN = (91, 189, 10107, 11600, 11602, 13435, 14031)
"""ShutdownInProgress, PrimarySteppedDown, NotWritablePrimary, InterruptedAtShutdown,
InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, OutOfDiskSpace: whatever it was asked."""


CODES = {2: "BadValue", 22: "InvalidBSON", 10334: "BSONObjectTooLarge"}
"""What is told of a document by its number alone."""


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn what a server refuses within the ``with`` into one sentence.

    ``what``: what was being restored, such as a collection of a backup. Raises BackupDamaged where that
    cannot be restored, and GonogoError where it is the server's or the login's fault.
    """
    try:
        yield
    except (PyMongoError, BSONError) as error:
        raise sentence(what, error) from None
    except Stalled as error:
        raise Stalled(f"{what}: {error}") from None


def sentence(what: str, error: Exception) -> GonogoError:
    """Return the error that says what a server refused; see ``told``."""
    if isinstance(error, ConnectionFailure):
        return GonogoError(
            f"{what}: the server was lost ({type(error).__name__}): look at its log, try again"
        )
    if not isinstance(error, OperationFailure):
        return BackupDamaged(f"{what} cannot be restored: a document there is no BSON; use another backup")
    details = _details(error)
    code, why = details.get("code", error.code), reason(error)
    if code == UNAUTHORIZED:
        return GonogoError(f"{what}: the login may not write it: give it the role restore")
    if code in SERVERS_OWN:
        return GonogoError(f"{what}: {why}: look at its log, try again")
    if code == DUPLICATE:
        ident = _ident(details)
        why = f"the _id {ident} is there twice" if ident else "a unique index finds the same values twice"
    return BackupDamaged(f"{what} cannot be restored: {why}; use another backup")


def reason(error: Exception) -> str:
    """Return one clause for an error of pymongo's; the server's own words may hold values of documents."""
    if not isinstance(error, OperationFailure):
        return f"the server was lost ({type(error).__name__})"
    details = _details(error)
    code = details.get("code", error.code)
    return f"the server says {details.get('codeName') or CODES.get(code) or f'code {code}'}"


def _details(error: OperationFailure) -> Mapping[str, Any]:
    """Return what the server said, of the first document that it refused where there were several."""
    details: Mapping[str, Any] = error.details or {}
    if isinstance(error, BulkWriteError):
        rows: list[Mapping[str, Any]] = (
            details.get("writeErrors") or details.get("writeConcernErrors") or [{}]
        )
        return rows[0]
    return details


def _ident(refused: Mapping[str, Any]) -> str:
    """Return the ``_id`` of the document that was refused, as extended JSON."""
    raw = getattr(refused.get("op"), "raw", b"")
    try:
        return elements.shown(elements.identity(raw, 0, len(raw))) if raw else ""
    except (ValueError, IndexError, GonogoError):
        return ""
