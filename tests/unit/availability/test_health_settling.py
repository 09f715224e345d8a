"""How long a stack is waited for, and when it counts as well."""

from __future__ import annotations

import pytest

from gonogo.deploy.availability import health
from gonogo.deploy.availability.health import settle
from gonogo.deploy.errors import ConnectionFailed
from gonogo.deploy.host.http import Reply
from gonogo.deploy.ssh.connection import Result
from gonogo.deploy.target.sections.service import Health


class Script:
    """Gives one reply after another instead of asking."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, statuses: list[int]) -> None:
        self.left, self.slept, self.now = list(statuses), 0, 0.0
        monkeypatch.setattr(health, "ask", lambda *_: Reply(self.left.pop(0), "", 0.0))
        monkeypatch.setattr(health.time, "monotonic", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.slept += 1
        self.now += seconds


def test_it_settles_after_several_right_answers_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(monkeypatch, [503, 200, 200, 503, 200, 200, 200, 500])
    _, wrong = settle(None, Health(url="http://a/", consecutive=3), script.sleep)  # type: ignore[arg-type]
    assert (wrong, script.left, script.slept) == ([], [500], 6)


def test_it_gives_up_with_the_last_fault_or_as_not_right_often_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script(monkeypatch, [503] * 9)
    _, wrong = settle(None, Health(url="http://a/", timeout_s=1), script.sleep)  # type: ignore[arg-type]
    assert (wrong, script.slept) == (["HTTP 503 instead of 200"], 2)
    script = Script(monkeypatch, [503, 503, 200])
    _, wrong = settle(None, Health(url="http://a/", timeout_s=1), script.sleep)  # type: ignore[arg-type]
    assert wrong == ["it was right only 1 times in a row, not 2"]


def test_it_waits_no_longer_for_a_target_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(monkeypatch, [])
    monkeypatch.setattr(health, "ask", lambda *_: Reply(None, "", 0.0, "nothing answers"))
    answers = iter([Result("true", 0, b"", b"", 0.0)])

    class There:
        def run(self, _: str, **__: object) -> Result:
            try:
                return next(answers)
            except StopIteration:
                raise ConnectionFailed("the connection was lost") from None

    with pytest.raises(ConnectionFailed, match="was lost"):
        settle(There(), Health(url="http://a/"), script.sleep)  # type: ignore[arg-type]
    assert script.slept == 1
