"""A fact: something asked once in a run, remembered with its evidence, and judged by one check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from deploy.errors import ConnectionFailed, GonogoError
from deploy.transcript import Transcript

T = TypeVar("T")
REACHABLE = "ssh.reachable"
"""The check that judges whether there is a connection at all."""


class Unknown(GonogoError):
    """A fact that could not be had; ``check`` is the id of the check that fails for it.

    Every other check that needs the fact is blocked by that one: it neither passed nor failed.
    """

    def __init__(self, check: str, message: str) -> None:
        super().__init__(message)
        self.check = check


@dataclass(frozen=True)
class Answer:
    """What a question gave: a value or an error, and which transcript entries it made."""

    value: Any
    error: Unknown | None
    entries: range


class Asker(Protocol):
    """What holds facts: a transcript, the answers so far, and the entries used since the last look."""

    transcript: Transcript
    answers: dict[str, Answer]
    used: set[int]


class Fact(Generic[T]):
    """A property that asks once; later reads give the same value, or raise the same Unknown, at no cost."""

    def __init__(self, check: str, ask: Callable[[Any], T]) -> None:
        self._check, self._ask = check, ask
        self.__doc__ = ask.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: Asker, owner: type) -> T: ...
    def __get__(self, holder: Asker | None, owner: type) -> T | Self:
        if holder is None:
            return self
        answer = holder.answers.get(self._name) or self._asked(holder)
        holder.used.update(answer.entries)
        if answer.error:
            raise answer.error
        value: T = answer.value
        return value

    def _asked(self, holder: Asker) -> Answer:
        mark = holder.transcript.mark()
        value, error = None, None
        try:
            value = self._ask(holder)
        except Unknown as unknown:
            error = unknown
        except ConnectionFailed as failed:
            error = Unknown(REACHABLE, str(failed))
        except GonogoError as failed:
            error = Unknown(self._check, str(failed))
        answer = Answer(value, error, range(mark, holder.transcript.mark()))
        holder.answers[self._name] = answer
        return answer


def fact(check: str) -> Callable[[Callable[[Any], T]], Fact[T]]:
    """Make a method a Fact that the check ``check`` judges."""
    return lambda ask: Fact(check, ask)
