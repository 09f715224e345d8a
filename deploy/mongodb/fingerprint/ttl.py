"""What MongoDB itself does to documents: it removes what is too old (TTL), and fills a time series' buckets.

A document that was due may vanish, in a collection of any kind. A bucket changes whenever a measurement is
added to it, so what counts is that it holds no fewer than before.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bson import CodecOptions
from bson.codec_options import DatetimeConversion
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument

from gonogo.deploy.mongodb.server.source import Namespace

NEVER = (1 << 63) - 1
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(
    RawBSONDocument, datetime_conversion=DatetimeConversion.DATETIME_MS
)


@dataclass(frozen=True)
class Ttl:
    """How old documents may become: by path of a date, in seconds. ``time``: the field of a time series."""

    limits: tuple[tuple[tuple[str, ...], int], ...]
    time: str = ""

    def of(self, document: bytes) -> tuple[int, int]:
        """Return when a document may be removed (ms since 1970), and how many measurements it holds."""
        found = RawBSONDocument(document, _RAW)
        due = NEVER
        for path, seconds in self.limits:
            dates = [int(one) for one in _reached(found, path) if isinstance(one, DatetimeMS)]
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
    limits: list[tuple[tuple[str, ...], int]] = []
    limit = namespace.options.get("expireAfterSeconds")
    series = namespace.options.get("timeseries")
    if isinstance(limit, int | float):
        # Of a time series it is the last measurement that counts; else the collection is clustered by a date.
        path = ("control", "max", str(series["timeField"])) if series else ("_id",)
        limits.append((path, int(limit)))
    for one in namespace.indexes if not series else ():
        seconds = one.get("expireAfterSeconds")
        if isinstance(seconds, int | float) and not math.isnan(seconds):
            limits.append((tuple(str(next(iter(one["key"]))).split(".")), int(seconds)))
    if not limits and not series:
        return None
    return Ttl(tuple(limits), str(series["timeField"]) if series else "")


def now_ms(server: datetime.datetime) -> int:
    """Return the server's own time, as ``hello`` tells it (naive, UTC), in ms since 1970."""
    return int(server.replace(tzinfo=datetime.UTC).timestamp() * 1000)


def _reached(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _reached(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _reached(value[path[0]], path[1:])
