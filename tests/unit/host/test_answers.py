"""Properties are asked once, remember their evidence, and say which check fails for them."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import ConnectionFailed, GonogoError, Unknown
from gonogo.deploy.host.answers import REACHABLE, Answers, asked
from gonogo.deploy.wire.transcript import Entry, Transcript


class Holder:
    """Holds two properties, the second made of the first; ``error`` is what asking raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.transcript = Transcript()
        self.answers = Answers()
        self.error = error
        self.asked = 0

    def key(self, name: str) -> str:
        return name

    @asked("docker.access")
    def engine(self) -> list[str]:
        """The engine."""
        self.asked += 1
        self.transcript.add(Entry("docker version", 0, "27", 0.1))
        if self.error:
            raise self.error
        return []

    @asked("disk.free")
    def rooms(self) -> int:
        """The rooms."""
        found = len(self.engine)
        self.transcript.add(Entry("df", 0, "1", 0.1))
        return found


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
