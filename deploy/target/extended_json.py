"""Extended JSON in a target file: what TOML cannot say of a MongoDB value, such as ``{"$oid" = "…"}``."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any


def read(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with its extended JSON as what it means; raises ValueError with what is wrong.

    What is no extended JSON, such as ``{"$gt" = 5}``, is as it stands. A time without a zone is in UTC.
    """
    # It takes a tenth of a second to import, which a target file without samples need not wait for.
    from bson import encode, json_util  # noqa: PLC0415
    from bson.errors import BSONError  # noqa: PLC0415

    options = json_util.JSONOptions(tz_aware=True)

    def meant(one: Any) -> Any:
        if isinstance(one, Mapping):
            return json_util.object_hook({key: meant(inner) for key, inner in one.items()}, options)
        if isinstance(one, list):
            return [meant(inner) for inner in one]
        if isinstance(one, datetime.datetime):
            return one if one.tzinfo else one.replace(tzinfo=datetime.UTC)
        return one

    try:
        found = {key: meant(one) for key, one in value.items()}
        encode(found)
    except (BSONError, ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"holds what MongoDB does not know: {error}") from None
    return found
