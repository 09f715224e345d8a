"""The probes of the data: bind mounts and MongoDB, fed with recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.probes import binds, mongodb
from gonogo.deploy.probes.binds import Bind
from gonogo.deploy.probes.mongodb import Member, Mongo
from tests.unit.stacks import Answering
from tests.unit.tables import every

MOUNTS = "/ rw,relatime rw\n/mnt/my\\040disk ro,relatime rw\n/mnt/remounted rw,relatime ro\n/mnt/my rw rw\n"


def answer(*records: tuple[str, str, str]) -> str:
    return MOUNTS + "".join(f"\0{said}\0{more}\0{real}\0" for said, more, real in records)


def one(said: str, real: str, more: str = " ") -> Bind:
    (found,) = binds.parse(["/asked"], answer((f"{said}\n", f"{more}\n", f"{real}\n"))).values()
    return found


def test_what_lies_at_a_path() -> None:
    assert one("41ed 1000 100", "/srv/data") == Bind("folder", 1000, 100, 0o755, False, "/srv/data")
    assert one("81a4 0 0", "/etc/hosts", "+") == Bind("file", 0, 0, 0o644, True, "/etc/hosts")
    assert one("c1b0 0 998", "/run/docker.sock").kind == "other"
    assert one("stat: cannot statx '/x': No such file or directory", "/x").kind == "missing"
    assert one("stat: cannot statx '/etc/passwd/x': Not a directory", "").kind == "missing"
    assert one("stat: cannot statx '/root/x': Permission denied", "/root/x").kind == "unseen"
    assert one("stat: cannot statx '/loop': Too many levels of symbolic links", "").real == "/asked"


@every(
    "real, read_only",
    [
        ("/srv", False),
        ("/mnt/my disk", True),
        ("/mnt/my disk/deep", True),
        ("/mnt/my disks", False),
        ("/mnt/my", False),
        ("/mnt/remounted/x", True),
    ],
)
def test_the_filesystem_of_a_path_is_the_innermost(real: str, read_only: bool) -> None:
    assert one("41ed 0 0", real).read_only is read_only


def test_a_path_with_a_line_break_is_one_path() -> None:
    records = (("41ed 0 0\n", "\n", "/srv/a\nb\n"), ("41ed 7 7\n", "", "/srv/c\n"))
    found = binds.parse(["/srv/a\nb", "/srv/c"], answer(*records))
    assert (found["/srv/a\nb"].real, found["/srv/c"].owner) == ("/srv/a\nb", 7)


def test_an_answer_that_is_none_is_no_missing_path() -> None:
    there = Answering(127, "", "sh: 1: awk: not found\n")
    with pytest.raises(GonogoError, match=r"^web: what the stack mounts cannot be looked at: sh: 1: awk"):
        binds.binds(there, ["/srv/a b", "/srv/a b"])
    assert "for name in '/srv/a b'; do" in there.asked[0]
    assert binds.binds(there, []) == {}
    assert len(there.asked) == 1


@every(
    "mode, user, group, may",
    [
        (0o755, 0, None, True),
        (0o755, 1000, None, True),
        (0o555, 1000, None, False),
        (0o755, 1001, None, False),
        (0o775, 1001, 100, True),
        (0o775, 1001, 101, False),
        (0o775, 1001, None, True),
        (0o757, 1001, 101, True),
        (0o757, 1001, 100, False),
        (0o766, 1001, 100, False),
    ],
)
def test_who_may_write_to_a_folder(mode: int, user: int, group: int | None, may: bool) -> None:
    assert Bind("folder", 1000, 100, mode).writable(user, group) is may


def test_an_access_control_list_may_allow_more_than_the_mode() -> None:
    assert Bind("folder", 0, 0, 0o700, more=True).writable(1000, 1000)
    assert Bind("file", 0, 0, 0o606).writable(1000, 1000)


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
    assert mongodb._compatibility(Client({"getParameter": new})) == "6.0"
    assert mongodb._compatibility(Client({"getParameter": {"featureCompatibilityVersion": "3.4"}})) == "3.4"


def test_what_a_login_may_not_ask_is_not_known_and_other_refusals_are_told() -> None:
    from pymongo.errors import NotPrimaryError, OperationFailure  # noqa: PLC0415

    def ask(error: Exception) -> Any:
        return mongodb._known(lambda: Client({"x": error}).command("x"))

    assert ask(OperationFailure("not authorized", 13)) is None
    assert ask(NotPrimaryError("node is not in primary or recovering state")) is None
    with pytest.raises(OperationFailure):
        ask(OperationFailure("authentication failed", 18))


def test_the_members_of_a_replica_set() -> None:
    rows = [
        {"name": "a:27017", "stateStr": "PRIMARY", "health": 1.0, "self": True},
        {"name": "b:27017", "stateStr": "(not reachable/healthy)", "health": 0.0},
    ]
    assert mongodb._members(Client({"replSetGetStatus": {"members": rows}})) == (
        Member("a:27017", "PRIMARY", True),
        Member("b:27017", "(not reachable/healthy)", False),
    )


def test_the_state_is_told_for_the_transcript() -> None:
    state = Mongo(
        "db", "sha256:1", True, "rs0", (Member("a", "PRIMARY", True),), "6.0", 12, None, 0, {"u": 5}
    )
    assert mongodb.told(state).splitlines() == [
        "writable: yes",
        "member a: PRIMARY",
        "featureCompatibilityVersion: 6.0",
        "data: 12 bytes",
        "indexes: 0 bytes",
        "u: 5 documents",
    ]
