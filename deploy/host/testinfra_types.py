"""testinfra's classes with types. It ships none, so mypy would let every misspelt noun pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class CommandResult:
        """What a command answered."""

        rc: int
        stdout: str
        stderr: str
        succeeded: bool
        failed: bool

        def __init__(self, **fields: Any) -> None: ...

    class BaseBackend:
        """What runs the commands of testinfra's modules."""

        _host: Any

        def __init__(self, hostname: str) -> None: ...
        def set_host(self, host: TestinfraHost) -> None: ...
        def get_command(self, command: str, *args: str) -> str: ...
        def encode(self, data: str) -> bytes: ...

    class Module:
        """A noun of testinfra."""

    class TestinfraHost:
        """testinfra's host; its modules are made by names that it looks up, so they have no type."""

        backend: BaseBackend
        addr: Any
        blockdevice: Any
        command: Any
        docker: Any
        environment: Any
        file: Any
        group: Any
        interface: Any
        mount_point: Any
        package: Any
        process: Any
        service: Any
        socket: Any
        sysctl: Any
        system_info: Any
        user: Any

        def __init__(self, backend: BaseBackend) -> None: ...
        def exists(self, command: str) -> bool: ...
        def find_command(self, command: str) -> str: ...
        def run_expect(self, expected: list[int], command: str, *args: str) -> CommandResult: ...
        def run_test(self, command: str, *args: str) -> CommandResult: ...
        def run(self, command: str, *args: str, timeout: float | None = None) -> CommandResult: ...
        def check_output(self, command: str, *args: str) -> str: ...

else:
    from testinfra.backend.base import BaseBackend, CommandResult
    from testinfra.host import Host as TestinfraHost
    from testinfra.modules.base import Module

__all__ = ["BaseBackend", "CommandResult", "Module", "TestinfraHost"]
