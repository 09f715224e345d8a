"""Whether a document belongs to a partial index, by the index's ``partialFilterExpression``.

The operators that MongoDB allows there (manual, "Partial Indexes"): equality, $eq, $gt, $gte, $lt, $lte, $in,
$exists, $type, $and, $or. An expression with another one, such as $geoWithin, matches nothing here: what a
TTL index with it removes is then called a loss, and not passed over.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_TYPES: dict[str, tuple[type, ...]] = {
    "double": (float,),
    "string": (str,),
    "object": (Mapping,),
    "array": (list,),
    "binData": (bytes,),
    "objectId": (ObjectId,),
    "bool": (bool,),
    "date": (DatetimeMS,),
    "null": (type(None),),
    "int": (int,),
    "long": (Int64,),
    "decimal": (Decimal128,),
    "number": (int, float, Decimal128),
}
_NUMBERS = {1: "double", 2: "string", 3: "object", 4: "array", 5: "binData", 7: "objectId", 8: "bool"}
_NUMBERS |= {9: "date", 10: "null", 16: "int", 18: "long", 19: "decimal"}


def reached(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Give the values at a dotted path of a document, those in arrays one by one."""
    if isinstance(value, list):
        for one in value:
            yield from reached(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from reached(value[path[0]], path[1:])


def matches(document: Mapping[str, Any], expression: Mapping[str, Any]) -> bool:
    """Return whether a document, whose dates are DatetimeMS, is in the index with that expression."""
    return all(_fits(document, key, wanted) for key, wanted in expression.items())


def _fits(document: Mapping[str, Any], key: str, wanted: Any) -> bool:
    if key in {"$and", "$or"}:
        return (all if key == "$and" else any)(matches(document, one) for one in wanted)
    if key.startswith("$"):
        return False
    path = tuple(key.split("."))
    if isinstance(wanted, Mapping) and wanted and all(str(one).startswith("$") for one in wanted):
        return all(_one(document, path, name, operand) for name, operand in wanted.items())
    return _one(document, path, "$eq", wanted)


def _one(document: Mapping[str, Any], path: tuple[str, ...], name: str, operand: Any) -> bool:
    if name == "$exists":
        return _there(document, path) == bool(operand)
    found = list(reached(document, path))
    if name in {"$eq", "$in"}:
        wanted = operand if name == "$in" else [operand]
        # Null matches a field that is not there too.
        return any(_equal(value, one) for value in found or [None] for one in wanted)
    if name == "$type":
        types = operand if isinstance(operand, list) else [operand]
        return any(_of_type(value, _NUMBERS.get(one, one)) for value in found for one in types)
    compare = _COMPARED.get(name)
    if compare is None:
        return False
    try:
        alike = [value for value in found if _kind(value) == _kind(operand)]
        return any(compare(_plain(value), _plain(operand)) for value in alike)
    except TypeError:
        return False  # values that Python has no order for, such as null


def _there(value: Any, path: tuple[str, ...]) -> bool:
    if not path:
        return True
    if isinstance(value, list):
        return any(_there(one, path) for one in value)
    return isinstance(value, Mapping) and path[0] in value and _there(value[path[0]], path[1:])


def _equal(value: Any, wanted: Any) -> bool:
    return _kind(value) == _kind(wanted) and bool(_plain(value) == _plain(wanted))


def _kind(value: Any) -> str:
    """Return the bracket of a value's type: values of different brackets are never equal, greater or less."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float | Decimal128):
        return "number"
    if hasattr(value, "tzinfo") or isinstance(value, DatetimeMS):
        return "date"
    return "object" if isinstance(value, Mapping) else type(value).__name__


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal128):
        return value.to_decimal()
    if isinstance(value, DatetimeMS):
        return int(value)
    return int(DatetimeMS(value)) if hasattr(value, "tzinfo") else value


def _of_type(value: Any, name: Any) -> bool:
    if isinstance(value, bool):
        return bool(name == "bool")
    if isinstance(value, Int64):
        return name in {"long", "number"}
    return isinstance(value, _TYPES.get(str(name), ()))
