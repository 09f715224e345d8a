"""What lies in a database while it changes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from bson.codec_options import CodecOptions
from pymongo.errors import OperationFailure

from gonogo.deploy.mongodb.server import source

ROWS = [{"name": name, "type": "collection", "info": {"uuid": b"u" * 16}} for name in ("users", "gone")]


def server(code: int) -> Any:
    """Return a client of a server that dropped one of its two collections after it listed them."""

    def asked(command: dict[str, Any], **_: Any) -> Any:
        if command.get("listIndexes") == "gone":
            raise OperationFailure("ns does not exist", code)
        return iter([{"name": "_id_"}] if "listIndexes" in command else ROWS)

    return SimpleNamespace(
        codec_options=CodecOptions(),
        get_database=lambda *_, **__: SimpleNamespace(cursor_command=asked),
    )


def test_a_collection_that_is_dropped_once_it_was_listed() -> None:
    found = source.namespaces(server(source.NAMESPACE_NOT_FOUND), "shop")
    assert [(one.name, len(one.indexes)) for one in found] == [("gone", 0), ("users", 1)]


def test_any_other_refusal_of_its_indexes() -> None:
    with pytest.raises(OperationFailure):
        source.namespaces(server(13), "shop")
