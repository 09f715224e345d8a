"""Host and controller: one class over one backend; their nouns are asked once, kept, and asked ahead."""

from __future__ import annotations

import contextlib
import inspect
import typing
from collections.abc import Callable
from typing import cast

import pytest

from gonogo.deploy.errors import CommandTimeout, GonogoError, Unknown
from gonogo.deploy.host.answers import ahead
from gonogo.deploy.host.base import properties
from gonogo.deploy.host.local import HERE, LocalConnection
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Transcript
from tests.nouns import LATER
from tests.unit import stacks
from tests.unit.stacks import Answering
from tests.unit.waiting import until

MEMORY = "MemAvailable:   24000000 kB\n"
KEY = "host.memory.available"


def over(*answer: object) -> tuple[Release, Answering]:
    there = Answering(*cast(tuple[int, str], answer))
    return Release(stacks.target(), cast(Connection, there), Redactor()), there


def nouns() -> dict[str, tuple[type[Noun], int]]:
    """Every noun of a host by what it is called there, and how many names it takes."""
    found: dict[str, tuple[type[Noun], int]] = {}
    for name, member in inspect.getmembers(Host):
        ask = getattr(member, "func", member)
        hints = typing.get_type_hints(ask, localns=LATER) if callable(ask) and name in vars(Host) else {}
        kind = hints.get("return")
        if inspect.isclass(kind) and issubclass(kind, Noun):
            found[name] = (kind, len(inspect.signature(ask).parameters) - 1)
    return found


def test_each_noun_is_called_as_its_class_and_found_as_it_is_written() -> None:
    host = stacks.host()
    release = Release(stacks.target(), None, Redactor())
    for name, (kind, size) in nouns().items():
        assert kind.noun == name
        noun = getattr(host, name)
        if kind.of_release:
            keys = [noun(release).key(each) for each, _ in properties(kind)]
            assert all(release.find(key) and host.find(key) is None for key in keys), keys
            continue
        noun = noun(*['a "b" (c)'] * size) if size else noun
        for each, _ in properties(kind):
            found = host.find(noun.key(each))
            assert found is not None, noun.key(each)
            assert (repr(found[0]), found[1]) == (repr(noun), each)


@pytest.mark.parametrize(
    "written",
    [
        "memory",
        "controller.memory.available",
        "host.memory.nothing",
        "host.nothing.available",
        "host.memory(1).available",
        "host.memory(.available",
        'host.run("true").rc',
        'host.file("/etc/passwd").exists',
        "host.__class__.mro",
        "host.connection.host",
    ],
)
def test_what_is_no_property_of_a_noun_is_not_asked(written: str) -> None:
    assert stacks.host().find(written) is None


def test_a_noun_is_asked_once_over_the_connection_of_the_facts() -> None:
    release, there = over(0, MEMORY)
    assert release.host.memory.available == release.host.memory.available == 24_000_000 * 1024
    assert there.asked == ["cat /proc/meminfo"]


def test_nouns_are_kept_and_known_again_by_how_they_are_written() -> None:
    release, _ = over(0, MEMORY)
    _ = release.host.memory.available
    kept = release.kept()
    assert kept == {KEY: {"value": 24_000_000 * 1024}}
    again, there = over(1)
    again.restore({**kept, "host.memory.gone": {"value": 1}, "host.gone.available": {"value": 1}})
    assert again.host.memory.available == 24_000_000 * 1024
    assert there.asked == []


def test_a_noun_that_cannot_be_had_is_kept_with_its_check() -> None:
    release, _ = over(1)
    with pytest.raises(Unknown):
        _ = release.host.memory.available
    kept = release.kept()
    assert kept[KEY]["check"] == "memory.available"
    again, _ = over(0, MEMORY)
    again.restore(kept)
    with pytest.raises(Unknown, match="is not known"):
        _ = again.host.memory.available


def test_nouns_are_asked_ahead() -> None:
    release, there = over(0, MEMORY)
    ahead(
        [
            lambda: release.host.memory.available,
            lambda: release.folder.path,
            lambda: release.host.memory.available,
        ]
    )
    assert release.host.memory.available
    until(lambda: "path.present" in {one.error.check for one in release.answers.known.values() if one.error})
    assert there.asked.count("cat /proc/meminfo") == 1


@pytest.mark.parametrize(
    "change", [lambda host: host.run("true"), lambda host: host.check_output("true"), Host.refresh]
)
def test_a_test_that_asks_by_itself_is_answered_live_and_begins_a_new_snapshot(
    change: Callable[[Host], object],
) -> None:
    release, there = over(0, MEMORY)
    _ = release.host.memory.available
    change(release.host)
    change(release.host)
    _ = release.host.memory.available
    assert there.asked.count("cat /proc/meminfo") == 2
    assert len(there.asked) in (2, 4)


@pytest.mark.parametrize(
    "ask",
    [
        lambda here: here.http("http://127.0.0.1:1/").reply,
        lambda here: here.certificate("127.0.0.1:1").shown,
        lambda here: here.dns("localhost").addresses,
        lambda here: here.registry("127.0.0.1:1").greeting,
    ],
)
def test_what_this_machine_sees_of_others_is_asked_again_after_a_change_of_the_target(
    ask: Callable[[Host], object],
) -> None:
    release, _ = over(0, MEMORY)
    _ = release.controller.memory.available
    with contextlib.suppress(Unknown):
        ask(release.controller)
    assert len(release.answers.known) > 1
    release.host.run("true")
    assert set(release.answers.known) == {"controller.memory.available"}


def test_a_recording_has_what_was_known_before_a_change_too() -> None:
    release, _ = over(0, MEMORY)
    before = release.host.memory.available
    release.host.run("true")
    assert release.kept()["host.memory.available"]["value"] == before


def test_a_change_of_this_machine_leaves_what_is_known_of_the_target() -> None:
    release, there = over(0, MEMORY)
    moment = release.controller.memory.available
    _ = release.host.memory.available
    release.controller.run("true")
    assert "controller.memory.available" not in release.answers.known
    _ = release.host.memory.available, moment
    assert there.asked.count("cat /proc/meminfo") == 1


def test_without_a_connection_a_noun_is_blocked_by_the_check_that_judges_it() -> None:
    release = Release(stacks.target(), None, Redactor(), GonogoError("no way there"))
    for ask in (lambda: release.host.memory.available, lambda: release.host.run("true")):
        with pytest.raises(Unknown, match="no way there") as caught:
            ask()
        assert caught.value.check == "ssh.reachable"


def test_a_misspelt_noun_is_no_noun() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'memroy'"):
        getattr(stacks.host(), "memroy")  # noqa: B009  mypy would see it


def test_the_controller_is_this_machine() -> None:
    release, there = over(1)
    here = release.controller
    assert here.check_output("echo %s", "it's") == "it's"
    assert here.file("/etc/passwd").exists
    assert here.machine == HERE
    assert there.asked == []
    assert [entry.command for entry in release.transcript.entries][:1] == [f"echo 'it'\"'\"'s'  # on {HERE}"]


def test_what_this_machine_is_asked_ends_in_time_and_keeps_secrets_out_of_the_evidence() -> None:
    here = LocalConnection(Transcript())
    with pytest.raises(CommandTimeout, match=f"^{HERE}: `sleep 9` did not end within 0.1 s"):
        here.run("sleep 9", timeout=0.1)
    with pytest.raises(GonogoError, match=f"^{HERE}: `echo no; false` ended with 1: no"):
        here.check("echo no; false")
    assert here.run("cat", stdin=b"S3cret", private=True).text == "S3cret"
    assert [entry.output for entry in here.transcript.entries] == [
        "no\n",
        "[6 bytes, not kept: they may hold secrets]",
    ]
