"""Samples: known data that a target file declares, looked for before and after a release.

MongoDB itself is asked whether a field has the value that is expected, so no stored value is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bson import json_util
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.target import extended_json
from gonogo.deploy.target.sections.data import Sample

Client = MongoClient[dict[str, Any]]
TIMEOUT_MS = 30_000
"""The longest that a sample may be looked for: without an index, every document has to be read."""
MALFORMED = (2, 9, 14, 51, 168)
"""MongoDB's codes BadValue, FailedToParse, TypeMismatch, CannotUseRegex and InvalidPipelineOperator."""
TOO_LONG = 50
"""MongoDB's code MaxTimeMSExpired."""


@dataclass(frozen=True)
class Looked:
    """What was found of a sample. ``count``: its documents. ``told``: in words, without a stored value."""

    sample: Sample
    ok: bool
    told: str
    count: int = 0


def look(client: Client, database: str, wanted: Iterable[Sample]) -> list[Looked]:
    """Return what the database holds of each sample; raises GonogoError for a query that is none."""
    return [_looked(client, database, sample) for sample in wanted]


def fallen(before: Sequence[int], after: Sequence[Looked]) -> list[str]:
    """Return a sentence for each sample that is not as it should be, or of which there is less than before.

    ``before``: how many documents each of them found then, in the same order; empty where nobody looked.
    """
    told = [one.told for one in after if not one.ok]
    for was, now in zip(before, after, strict=False):
        if now.ok and now.count < was:
            told.append(f"{_named(now.sample)}: {_documents(now.count)}, {was} before")
    return told


def _looked(client: Client, database: str, sample: Sample) -> Looked:
    wanted, expected = extended_json.read(sample.filter), extended_json.read(sample.expect)
    count = _count(client, database, sample, wanted)
    wrong, good = [], [_documents(count)]
    if count < sample.count:
        wrong.append(f"{_documents(count)}, expected at least {sample.count}")
    for field, value in expected.items() if count else ():
        equal = _count(client, database, sample, {"$and": [wanted, {field: {"$eq": value}}]})
        if equal >= count:
            good.append(f"{field} as expected")
        else:
            where = "" if count == 1 else f" in {count - equal} of {_documents(count)}"
            wrong.append(f"{field} is not as expected{where}")
    return Looked(sample, not wrong, f"{_named(sample)}: {', '.join(wrong or good)}", count)


def _count(client: Client, database: str, sample: Sample, query: dict[str, Any]) -> int:
    try:
        return client[database][sample.collection].count_documents(query, maxTimeMS=TIMEOUT_MS)
    except OperationFailure as error:
        if error.code == TOO_LONG:
            raise GonogoError(
                f"the sample {_named(sample)} was not found within {TIMEOUT_MS // 1000} s: make an index for "
                "its filter, or choose another"
            ) from None
        if error.code in MALFORMED:
            raise GonogoError(
                f"the sample {_named(sample)} is no query that MongoDB knows "
                f"({(error.details or {}).get('codeName')}): correct it in the target file"
            ) from None
        raise


def _named(sample: Sample) -> str:
    return f"{sample.collection} {json.dumps(sample.filter, ensure_ascii=False, default=json_util.default)}"


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"
