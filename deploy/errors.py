"""Errors that a user meets: one clear sentence and the exit code it ends the command with."""

from __future__ import annotations

import re


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

    def __init__(self, check: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}: {remedy}" if remedy else message)
        self.check, self.remedy = check, remedy


_NOISE = re.compile(
    r"""(?:time=\S+\ )?level=warning | (?:see|run|try)\ ['`"] | usage: | hint: | exit\ status\ \d+$
    | errors\ pretty\ printing
    | please\ make\ sure | and\ the\ repository\ exists | to\ add\ an\ exception | git\ config\ --global
    | tar:\ (?:exiting\ with|error\ is\ not\ recoverable) | warning:\ permanently\ added
    | for\ more\ (?:help|info)
    | npm\ err!\ a\ complete\ log | fatal:\ could\ not\ read\ from\ remote
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What programs say beside the cause: how to be called, what follows from it, warnings."""
_HELP = re.compile(r"\s+--?\w|\s{2,}[\w*-]+\s{2,}\S|usage:", re.IGNORECASE)
"""How lines begin of the help that a program prints where it does not know an option or a command."""
_SURE = re.compile(
    r"""permission\ denied | not\ permitted | no\ space\ left | quota\ exceeded | read-only\ file | no\ such
    | connection\ (?:refused|reset|timed\ out) | (?:cannot|failed\ to)\ connect | could\ not\ resolve
    | unreachable | no\ route | timed?[ -]?out | x509 | certificate | unauthorized | authentication | denied
    | forbidden | toomanyrequests | dubious\ ownership
    | (?:loading|parsing)\ config\ file | context\ not\ found
    | cannot\ allocate | out\ of\ memory | exec\ format | \bfailed:
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SIGN = re.compile(
    r"error|fatal|fail|cannot|can't|could not|unable|invalid|unknown|unexpected|missing|not (?:a|found)\b"
    r"|refus",
    re.IGNORECASE,
)
_REMEDIES = (
    (
        r"(?:loading|parsing) config file[: (]+(?:open )?(?P<place>[^\s:)]+)",
        "make {place} a file that the login may read and that is JSON, or remove it",
    ),
    (
        r"context not found|resolve docker endpoint",
        "choose a context that exists with `docker context use` (see `docker context ls`), and unset "
        "DOCKER_CONTEXT where it names another",
    ),
    (
        r"error during connect|parse docker host|unsupported protocol scheme",
        "correct DOCKER_HOST there, or unset it",
    ),
    (
        r"dubious ownership in repository at '?(?P<place>[^']+)",
        "give the folder to the user who runs git, or let that user run `git config --global --add "
        "safe.directory {place}`",
    ),
    (r"no space left|quota exceeded", "make room there, see `df -h` and `docker system df`"),
    (r"read-only file", "see `dmesg` there for why the filesystem became read-only"),
    (r"exec format error|cannot execute", "install the program for the architecture of that machine"),
    (r"\(publickey", "give that user a key that the other side takes"),
    (r"could not resolve|no such host|name resolution", "check the name, and the DNS of that machine"),
    (r"x509|certificate", "let that machine trust who issued the certificate, and check its clock"),
    (r"toomanyrequests|rate limit", "log in to the registry with `docker login`, or wait"),
    (r"unauthorized|authentication required|requested access", "log in to the registry with `docker login`"),
)


def cause(*texts: str) -> str:
    """Return the line that says why, of the first text that says anything.

    It is the first that names a known cause, else the first that looks like an error, else the last one.
    """
    said = next((text for text in texts if text.strip()), "it said nothing")
    written = [line for line in said.splitlines() if line.strip()]
    lines = [line.strip() for line in [one for one in written if not _HELP.match(one)] or written]
    lines = [line for line in lines if not _NOISE.match(line)] or lines
    for sign in (_SURE, _SIGN):
        if found := next((line for line in lines if sign.search(line)), ""):
            return found
    return lines[-1]


def remedy(line: str) -> str:
    """Return what to do about a known cause; empty for any other."""
    for sign, cure in _REMEDIES:
        if found := re.search(sign, line, re.IGNORECASE):
            return cure.format(**found.groupdict())
    return ""


def explained(*texts: str) -> str:
    """Return the line that says why, and what to do about it where that is known."""
    line = cause(*texts)
    return ": ".join(filter(None, (line, remedy(line))))
