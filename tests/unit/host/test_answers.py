"""Properties are asked once, remember their evidence, and say which check fails for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.deploy.errors import ConnectionFailed, GonogoError, Unknown
from gonogo.deploy.host.answers import REACHABLE, Answers, asked
from gonogo.deploy.ssh.transcript import Entry, Transcript


class Holder:
    """Holds properties, the second made of the first; ``error`` is what asking raises."""

    local = False

    def __init__(self, error: Exception | None = None) -> None:
        self.transcript = Transcript()
        self.answers = Answers()
        self.error = error
        self.asked = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def key(self, name: str) -> str:
        return name

    @asked("docker.access")
    def engine(self) -> list[str]:
        """The engine."""
        self.asked += 1
        self.transcript.add(Entry("docker version", 0, "27", 0.1))
        self.meanwhile()
        if self.error:
            raise self.error
        return []

    @asked("disk.free")
    def rooms(self) -> int:
        """The rooms."""
        found = len(self.engine)
        self.transcript.add(Entry("df", 0, "1", 0.1))
        return found

    @asked("git.clean", local=True)
    def here(self) -> list[str]:
        """What this machine has."""
        return []


def test_a_fact_is_asked_once_even_when_it_is_empty() -> None:
    holder = Holder()
    assert holder.engine == []
    assert holder.engine is holder.engine
    assert holder.asked == 1


def test_two_holders_do_not_share() -> None:
    one, other = Holder(), Holder()
    assert one.engine is not other.engine


def test_evidence_is_known_to_whoever_uses_the_fact_later() -> None:
    holder = Holder()
    holder.transcript.add(Entry("before", 0, "", 0.1))
    _ = holder.engine
    holder.answers.used.clear()
    _ = holder.engine
    assert holder.answers.used == {1}


def test_a_fact_made_of_another_brings_the_evidence_of_both() -> None:
    holder = Holder()
    assert holder.rooms == 0
    assert holder.answers.used == {0, 1}


@pytest.mark.parametrize(
    ("error", "check"),
    [
        (GonogoError("no docker"), "docker.access"),
        (ConnectionFailed("no route"), REACHABLE),
        (Unknown("path.present", "no folder"), "path.present"),
    ],
)
def test_an_error_is_remembered_with_the_check_that_fails_for_it(error: GonogoError, check: str) -> None:
    holder = Holder(error)
    for _ in range(2):
        with pytest.raises(Unknown) as caught:
            _ = holder.engine
        assert (caught.value.check, str(caught.value)) == (check, str(error))
    assert holder.asked == 1


def test_the_check_of_the_first_fact_blocks_those_made_of_it() -> None:
    with pytest.raises(Unknown) as caught:
        _ = Holder(GonogoError("no docker")).rooms
    assert caught.value.check == "docker.access"


@pytest.mark.parametrize("error", [ValueError("no JSON\nat all"), KeyError("Version"), TypeError("x" * 999)])
def test_an_answer_that_cannot_be_read_fails_the_check_in_one_short_line(error: Exception) -> None:
    with pytest.raises(Unknown) as caught:
        _ = Holder(error).engine
    assert caught.value.check == "docker.access"
    assert str(caught.value).startswith(f"the answer cannot be read ({type(error).__name__}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_fault_of_ours_is_no_unknown_and_is_not_kept() -> None:
    holder = Holder(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        _ = holder.engine
    holder.error = None
    assert holder.engine == []


def test_a_fact_keeps_its_words() -> None:
    assert Holder.engine.__doc__ == "The engine."


def test_in_a_new_snapshot_the_target_is_asked_again_and_this_machine_is_not() -> None:
    holder = Holder()
    there, here = holder.engine, holder.here
    holder.answers.renew()
    assert holder.engine is not there
    assert holder.here is here
    there = holder.engine
    holder.answers.renew(here=True)
    assert holder.engine is there
    assert holder.here is not here


@pytest.mark.parametrize("change", [Answers.renew, lambda answers: answers.forget("engine")])
def test_what_was_asked_before_a_change_is_not_kept_after_it(change: Callable[[Answers], None]) -> None:
    holder = Holder()
    holder.meanwhile = lambda: change(holder.answers)
    early = holder.engine
    holder.meanwhile = lambda: None
    late = holder.engine
    assert late is not early
    assert holder.engine is late


def test_what_a_recording_knows_stays_known() -> None:
    holder = Holder()
    there = holder.engine
    holder.answers.fixed = True
    holder.answers.renew()
    assert holder.engine is there


def test_what_is_raised_again_tells_of_its_last_reader_alone() -> None:
    """Else pytest tells, for each check that is blocked, the way to each one before: minutes of frames."""
    holder, lengths = Holder(GonogoError("no engine")), set[int]()
    for _ in range(5):
        with pytest.raises(Unknown) as caught:
            _ = holder.rooms
        lengths.add(len(caught.traceback))
    assert len(lengths) <= 2
    assert max(lengths) < 8
