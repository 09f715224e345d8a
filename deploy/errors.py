"""Errors that a user meets: one clear sentence and the exit code it ends the command with."""

from __future__ import annotations


class GonogoError(Exception):
    """Something a user can fix; the message says what was found, what was expected and what to do.

    ``exit_code`` is the process's exit status when the error ends a command (see docs/exit-codes.md).
    """

    exit_code = 3


class UsageError(GonogoError):
    """A wrong argument or target file: exit status 2, nothing was touched."""

    exit_code = 2


class ConnectionFailed(GonogoError):
    """The target cannot be reached, or the connection to it broke; the message names the cause.

    ``check`` is the id of the check that fails for it.
    """

    check = "ssh.reachable"

    def __init__(self, message: object, check: str = "") -> None:
        super().__init__(message)
        self.check = check or self.check


class CommandTimeout(GonogoError):
    """A command on the target did not end within its time; the message names it and the limit in seconds."""


class Unknown(GonogoError):
    """Something that could not be had; ``check`` is the id of the check that fails for it.

    Every other check that needs it is blocked by that one: it neither passed nor failed.
    """

    def __init__(self, check: str, message: str) -> None:
        super().__init__(message)
        self.check = check
