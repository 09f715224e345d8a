"""What MongoDB itself does to documents: it removes what is too old (TTL), and fills a time series' buckets.

A document that was due may vanish, in a collection of any kind. One may also vanish before the time that it
had: an application sets the date of a session into the past when its user logs out. The server counts what
its TTL removes, and no more than that may be gone. A bucket changes whenever a measurement is added to it, so
what counts is that it holds no fewer than before.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bson import CodecOptions
from bson.codec_options import DatetimeConversion
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from pydantic import BaseModel, ConfigDict
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from gonogo.deploy.mongodb.fingerprint import partial_filter
from gonogo.deploy.mongodb.server.source import Namespace

NEVER = (1 << 63) - 1
STARTED_MS = 5_000
"""Between two answers of one server, the time of its start may seem to differ by so much: a clock is set."""
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(
    RawBSONDocument, datetime_conversion=DatetimeConversion.DATETIME_MS
)


@dataclass(frozen=True)
class Ttl:
    """How old documents may become: by path of a date, in seconds, those that fit an index's filter.

    ``time``: the field of a time series.
    """

    limits: tuple[tuple[tuple[str, ...], int, Mapping[str, Any]], ...]
    time: str = ""

    def of(self, document: bytes) -> tuple[int, int]:
        """Return when a document may be removed (ms since 1970), and how many measurements it holds."""
        found = RawBSONDocument(document, _RAW)
        due = NEVER
        for path, seconds, condition in self.limits:
            if not partial_filter.matches(found, condition):
                continue
            dates = [int(one) for one in partial_filter.reached(found, path) if isinstance(one, DatetimeMS)]
            due = min([due, *(date + 1000 * seconds for date in dates)])
        # A limit that is too great for 64 bits is one that nothing reaches.
        return max(min(due, NEVER), -NEVER), self._measurements(found) if self.time else 0

    def _measurements(self, bucket: Mapping[str, Any]) -> int:
        count = bucket["control"].get("count")
        if count is None:
            # Only buckets that are compressed have the number.
            return len(bucket["data"][self.time])
        return int(count)


def of(namespace: Namespace) -> Ttl | None:
    """Return how documents of a collection age; None where MongoDB leaves them alone."""
    limits: list[tuple[tuple[str, ...], int, Mapping[str, Any]]] = []
    limit = namespace.options.get("expireAfterSeconds")
    series = namespace.options.get("timeseries")
    if isinstance(limit, int | float):
        # Of a time series it is the last measurement that counts; else the collection is clustered by a date.
        path = ("control", "max", str(series["timeField"])) if series else ("_id",)
        limits.append((path, int(limit), {}))
    for one in namespace.indexes if not series else ():
        seconds = one.get("expireAfterSeconds")
        if isinstance(seconds, int | float) and not math.isnan(seconds):
            date = tuple(str(next(iter(one["key"]))).split("."))
            limits.append((date, int(seconds), one.get("partialFilterExpression") or {}))
    if not limits and not series:
        return None
    return Ttl(tuple(limits), str(series["timeField"]) if series else "")


class Removals(BaseModel):
    """How many documents a server's TTL has removed since it ``started``, in ms since 1970."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    started: int
    documents: int

    def until(self, later: Removals | None) -> int | None:
        """Return how many were removed until ``later``; None where nobody counted all the time."""
        if later is None or abs(later.started - self.started) > STARTED_MS:
            return None
        return later.documents - self.documents


def removals(client: MongoClient[dict[str, Any]]) -> Removals | None:
    """Return how many documents TTL has removed; None where the login may not ask, or it is sharded."""
    try:
        said = client.admin.command("serverStatus")
        now = said["localTime"].replace(tzinfo=datetime.UTC).timestamp() * 1000
        started = int(now) - int(said["uptimeMillis"])
        return Removals(started=started, documents=int(said["metrics"]["ttl"]["deletedDocuments"]))
    except (OperationFailure, KeyError):
        return None


def now_ms(server: datetime.datetime) -> int:
    """Return the server's own time, as ``hello`` tells it (naive, UTC), in ms since 1970."""
    return int(server.replace(tzinfo=datetime.UTC).timestamp() * 1000)
