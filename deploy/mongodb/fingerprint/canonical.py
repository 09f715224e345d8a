"""Options and indexes of collections as texts that are equal when they mean the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bson import json_util

from gonogo.deploy.mongodb.server.source import Namespace

MADE = ("v", "ns", "background")
"""What an index has beside what was asked for; it may differ between two that are equal."""
NO_OPTIONS = ("autoIndexId", "uuid")
"""What old servers list among the options of a collection, and newer ones refuse when it is made."""
IN_PLACE = ("expireAfterSeconds", "hidden", "prepareUnique")
"""What ``collMod`` changes of an index without building it again."""
ADJUSTABLE = (
    *("validator", "validationLevel", "validationAction", "expireAfterSeconds"),
    *("changeStreamPreAndPostImages", "viewOn", "pipeline", "storageEngine", "temp"),
)
"""What ``collMod`` changes of a collection or a view: a release that does so loses nothing."""

GRAIN = ("granularity", "bucketMaxSpanSeconds", "bucketRoundingSeconds")
"""The same within the options of a time series."""


def options(given: Mapping[str, Any]) -> str:
    """Return the options of a collection; their own order means nothing, that within them may."""
    kept = {key: value for key, value in given.items() if key not in NO_OPTIONS}
    # The order in a time series' or a collation's options means nothing either.
    return _text(
        {key: _sorted(value) if key in ("collation", "timeseries") else value for key, value in kept.items()}
    )


def index(given: Mapping[str, Any]) -> str:
    """Return an index; the order of its keys means something, that of its options does not."""
    kept = {key: value for key, value in given.items() if key not in MADE}
    kept["key"] = [[name, how] for name, how in dict(given["key"]).items()]
    if "collation" in kept:
        kept["collation"] = _sorted(kept["collation"])
    return _text(kept)


def changed_index(before: str, after: str) -> bool:
    """Return whether an index is another one, beyond what ``collMod`` may change; unique is no loss."""
    was, now = json.loads(before), json.loads(after)
    if not was.get("unique"):
        now.pop("unique", None)
    return _without(was, (*IN_PLACE, "name")) != _without(now, (*IN_PLACE, "name"))


def bare(text: str) -> str:
    """Return an index without its name and what may be adjusted: equal texts serve the same queries."""
    return json.dumps(_without(json.loads(text), (*IN_PLACE, "name")), sort_keys=True)


def changed_options(before: str, after: str) -> list[str]:
    """Return the options that decide what a collection is, and that are no more what they were.

    Of a capped collection, more room is no loss.
    """
    was, now = _without(json.loads(before), ADJUSTABLE), _without(json.loads(after), ADJUSTABLE)
    for one in (was, now):
        if "timeseries" in one:
            one["timeseries"] = _without(one["timeseries"], GRAIN)
    for key in ("size", "max"):
        if now.get("capped") and _number(now.get(key)) >= _number(was.get(key)):
            was.pop(key, None)
            now.pop(key, None)
    return sorted(key for key in {*was, *now} if was.get(key) != now.get(key))


def temporary(options: str) -> bool:
    """Return whether MongoDB removes the collection itself, as one that ``$out`` is still writing to."""
    return bool(json.loads(options).get("temp"))


def same_options(before: str, after: str) -> bool:
    """Return whether all options are the same; a copy of a temporary collection need not be one."""
    return _without(json.loads(before), ("temp",)) == _without(json.loads(after), ("temp",))


def room(options: str) -> tuple[float, float]:
    """Return how many bytes and how many documents a capped collection may hold."""
    found = json.loads(options)
    return _number(found.get("size")), _number(found.get("max"))


def unique(namespace: Namespace) -> bool:
    """Return whether no two documents can have the same ``_id``: there is the index, or it is the order."""
    ordered = namespace.form == "timeseries" or "clusteredIndex" in namespace.options
    return ordered or any(list(dict(one["key"])) == ["_id"] for one in namespace.indexes)


def _number(value: Any) -> float:
    # A collection without ``max`` has none to reach.
    return float("inf") if value is None or value == 0 else float(value)


def _without(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key not in names}


def _sorted(value: Any) -> Any:
    return dict(sorted(value.items())) if isinstance(value, Mapping) else value


def _text(found: Mapping[str, Any]) -> str:
    ordered = {key: _plain(found[key]) for key in sorted(found)}
    return json_util.dumps(
        ordered, json_options=json_util.RELAXED_JSON_OPTIONS, ensure_ascii=False, separators=(",", ":")
    )


def _plain(value: Any) -> Any:
    """Return a value with numbers that are equal as one: some tools make a 1 a 1.0 or a long."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
