"""What a connection needs to know of a target: the target file has it, and so have small stand-ins."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class _Ssh(Protocol):
    @property
    def config_file(self) -> Path | None: ...


class _Thresholds(Protocol):
    @property
    def connect_timeout_s(self) -> float: ...
    @property
    def command_timeout_s(self) -> float: ...


class Reachable(Protocol):
    """What a connection needs to know of a target."""

    @property
    def host(self) -> str: ...
    @property
    def ssh(self) -> _Ssh: ...
    @property
    def thresholds(self) -> _Thresholds: ...
