"""The state of a MongoDB, from recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.mongodb.server import state
from gonogo.deploy.mongodb.server.state import Member, Mongo


class Client:
    """Stands in for a MongoClient: answers commands by name, and may refuse them with a code."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    @property
    def admin(self) -> Client:
        return self

    def command(self, name: str, **_: Any) -> Any:
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_compatibility_version_of_any_age() -> None:
    new = {"featureCompatibilityVersion": {"version": "6.0"}, "ok": 1.0}
    assert state._compatibility(Client({"getParameter": new})) == "6.0"
    assert state._compatibility(Client({"getParameter": {"featureCompatibilityVersion": "3.4"}})) == "3.4"


def test_what_a_login_may_not_ask_is_not_known_and_other_refusals_are_told() -> None:
    from pymongo.errors import NotPrimaryError, OperationFailure  # noqa: PLC0415

    def ask(error: Exception) -> Any:
        return state._known(lambda: Client({"x": error}).command("x"))

    assert ask(OperationFailure("not authorized", 13)) is None
    assert ask(NotPrimaryError("node is not in primary or recovering state")) is None
    with pytest.raises(OperationFailure):
        ask(OperationFailure("authentication failed", 18))


def test_the_members_of_a_replica_set() -> None:
    rows = [
        {"name": "a:27017", "stateStr": "PRIMARY", "health": 1.0, "self": True},
        {"name": "b:27017", "stateStr": "(not reachable/healthy)", "health": 0.0},
    ]
    assert state._members(Client({"replSetGetStatus": {"members": rows}})) == (
        Member("a:27017", "PRIMARY", True),
        Member("b:27017", "(not reachable/healthy)", False),
    )


def test_the_state_is_told_for_the_transcript() -> None:
    found = Mongo(
        "db", "sha256:1", True, "rs0", (Member("a", "PRIMARY", True),), "6.0", 12, None, 0, {"u": 5}
    )
    assert state.told(found).splitlines() == [
        "writable: yes",
        "member a: PRIMARY",
        "featureCompatibilityVersion: 6.0",
        "data: 12 bytes",
        "indexes: 0 bytes",
        "u: 5 documents",
    ]
