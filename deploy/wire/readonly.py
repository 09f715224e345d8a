"""Which shell lines only read: those alone of a user's checks are asked ahead in the next run.

It errs on the safe side: a line that is not understood counts as one that may change something.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import PurePosixPath

Words = list[str]
SEPARATORS = {"&&", "||", "|", ";", "(", ")", "{", "}", "!"}
REDIRECTIONS = {">", ">>", ">|", ">&", "&>"}

ANYHOW = frozenset(
    (  # noqa: SIM905  a list of words is read as words
        "test [ true false echo printf : cd umask cat head tail wc cut tr nl comm diff cmp od strings "
        "grep egrep fgrep zgrep stat readlink realpath basename dirname ls du df free uptime id groups "
        "whoami getent uname arch nproc ps pgrep netstat lsof lsblk blkid lsmod findmnt getfacl type "
        "which md5sum sha1sum sha224sum sha256sum sha384sum sha512sum cksum"
    ).split()
)
"""Programs that read whatever their arguments are; redirections are looked at apart."""


LISTING = ("ls", "list", "inspect", "history", "df", "info", "logs", "port", "top")
COMPOSE = ("config", "ps", "ls", "version", "images")
VALUED = {"-f", "--file", "-p", "--project-name", "--env-file", "--profile", "--project-directory", "--ansi"}
SHOWING = ("show", "list", "ls", "get")


def _without(bad: str) -> Callable[[Words], bool]:
    """Return what allows words none of which begins as the expression ``bad`` says."""
    return lambda words: not any(re.match(bad, word) for word in words)


def _first_of(*allowed: str) -> Callable[[Words], bool]:
    return lambda words: bool(words) and words[0] in allowed


def _verb(words: Words) -> str:
    """Return the first word of a compose command line that is neither an option nor an option's value."""
    rest = iter(words)
    for word in rest:
        if word in VALUED:
            next(rest, "")
        elif not word.startswith("-"):
            return word
    return ""


def _docker(words: Words) -> bool:
    match words:
        case ["ps" | "inspect" | "images" | "info" | "version" | "port" | "top" | "logs" | "history", *_]:
            return True
        case ["image" | "container" | "volume" | "network" | "system", verb, *_]:
            return verb in LISTING
        case ["compose", *rest]:
            output = any(word.startswith(("-o", "--output")) for word in rest)
            return not output and _verb(rest) in COMPOSE
    return False


def _ip(words: Words) -> bool:
    # Its verbs may be cut short (`ip a a`), so only those that show are known.
    named = [word for word in words if not word.startswith("-")]
    return _without("-b")(words) and (len(named) < 2 or named[1] in SHOWING)


JUDGED: dict[str, Callable[[Words], bool]] = {
    "docker": _docker,
    "command": _first_of("-v", "-V"),
    "uniq": lambda words: all(word.startswith("-") for word in words),  # a second file is written to
    "ss": _without(r"-[A-Za-z]*K|--kill"),
    "hostname": lambda words: all(word.startswith("-") and word not in ("-F", "-b") for word in words),
    "date": _without(r"-(?!I)[A-Za-z]*s|--s|\d{8,12}(\.\d\d)?$"),
    "sort": _without(r"-[A-Za-z]*o|--o|--co"),
    "find": _without(r"-(delete|exec|ok|fprint|fls)"),
    "env": lambda words: not words,
    "printenv": lambda _: True,
    "sysctl": _without(r"-[A-Za-z]*[wpf]|--[swlp]|.*="),
    "systemctl": _first_of("is-active", "is-enabled", "is-failed", "show", "status", "list-units", "cat"),
    "service": lambda words: words[-1:] == ["status"],
    "dpkg-query": lambda _: True,
    "dpkg": _first_of("-l", "-s", "-L", "--list", "--status"),
    "rpm": lambda words: bool(words) and words[0].startswith("-q"),
    "apt-cache": _first_of("policy", "show", "madison", "search", "depends", "rdepends", "showpkg"),
    "pip": _first_of("list", "show", "freeze", "check"),
    "pip3": _first_of("list", "show", "freeze", "check"),
    "ip": _ip,
    "mount": lambda words: not words,
    "crontab": lambda words: words[:1] == ["-l"],
    "git": lambda words: (
        _first_of("rev-parse", "log", "ls-files", "describe")(words) and _without("--o")(words)
    ),
}
"""Programs that read where this says so of their arguments."""


def only_reads(line: str) -> bool:
    """Return whether a shell line is sure to change nothing on the machine where it runs."""
    if "`" in line or "$(" in line or "\n" in line or "<(" in line:
        return False
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        return False
    commands: list[Words] = [[]]
    rest = iter(words)
    for word in rest:
        if word in REDIRECTIONS:
            to = next(rest, "")
            if to != "/dev/null" and not (word in (">&", "&>") and to in ("1", "2", "/dev/null")):
                return False
        elif word in SEPARATORS or set(word) <= set("();"):
            commands.append([])
        elif set(word) <= set("&|<>"):
            if word != "<":
                return False
        else:
            commands[-1].append(word)
    return all(_reads(command) for command in commands if command)


def _reads(words: Words) -> bool:
    while words and re.fullmatch(r"(LC_ALL|LANG|LC_MESSAGES)=\S*", words[0]):
        words = words[1:]
    if not words or words[0].isdigit():
        return not words or words == ["2"]
    program = PurePosixPath(words[0]).name
    return program in ANYHOW or (program in JUDGED and JUDGED[program](words[1:]))
