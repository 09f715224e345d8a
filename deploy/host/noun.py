"""A noun: one thing of a host that is asked about, such as its memory or one of its filesystems."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, ClassVar

from gonogo.deploy.host.answers import Answers
from gonogo.deploy.host.testinfra_types import Module
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Transcript

if TYPE_CHECKING:
    from gonogo.deploy.host.machine import Machine


class Noun(Module):
    """The base of our nouns. ``names`` say which one it is, as a path says which filesystem.

    What a noun is asked is a property made by ``asked``: it is asked once in a snapshot, and knows its
    evidence and the check that fails when it cannot be had. Unlike testinfra's modules, ours have their host
    in the object and not in a class made for each host.
    """

    noun: ClassVar[str] = ""
    """What the noun is called on ``host``: its class's name, as in ``host_key`` for HostKey."""

    of_release: ClassVar[bool] = False
    """Whether it is asked about a release, which it takes in place of names."""

    outside: ClassVar[bool] = False
    """Whether it asks others on behalf of its host, such as a URL: a change of the target may change it."""

    def __init_subclass__(cls) -> None:
        cls.noun = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, host: Machine, *names: str) -> None:
        self._host, self._names = host, names

    def __repr__(self) -> str:
        named = f"({json.dumps(self._names)[1:-1]})" if self._names else ""
        return f"{self._host.role}.{self.noun}{named}"

    def key(self, name: str) -> str:
        """Return a property of this noun as it is written: ``host.filesystem("/srv").room``."""
        return f"{self!r}.{name}"

    def refresh(self) -> None:
        """Forget what is known of this noun, which is asked again then: something changed."""
        self.answers.forget(self.key(""))

    @property
    def local(self) -> bool:
        """Whether this machine alone is asked."""
        return self._host.role == "controller" and not self.outside

    @property
    def connection(self) -> Connection:
        """The way to the host; raises Unknown with the reason when there is none."""
        return self._host.connection

    @property
    def machine(self) -> str:
        """What messages call the host."""
        return self._host.machine

    @property
    def answers(self) -> Answers:
        """The answers so far, of all nouns of all hosts of this run."""
        return self._host.answers

    @property
    def transcript(self) -> Transcript:
        """Everything that was asked, with its answer."""
        return self._host.transcript
