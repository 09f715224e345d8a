"""What of one word of a command may not be shown, by the option before it, its name or its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gonogo.deploy.redaction.harmless import is_harmless, spans
from gonogo.deploy.redaction.secret_names import names_a_secret
from gonogo.deploy.redaction.spans import Span
from gonogo.deploy.redaction.urls import URL

_PAIR = re.compile(r"(?P<name>-{0,2}[A-Za-z][\w.-]{0,80})=(?P<value>.+)", re.DOTALL)
HEADER = re.compile(
    r"(?P<name>[A-Za-z][\w-]{0,60}):(?:\s+|(?<=^pass:)|(?<=Authorization:)|(?<=-Key:)|(?<=-Token:)|(?<=-Secret:))"
    r"(?P<value>\S.*)",
    re.DOTALL | re.IGNORECASE,
)
_NAME = re.compile(r"-{1,2}[A-Za-z][\w.-]*|[\w.-]+:")
"""An option, or the key of a line of YAML."""
_GIVEN = re.compile(r"-pw|-{1,2}(?:auth|bind-?dn-?pw|encrypt|pass|pw)")
"""Options behind which programs take a password, and others something else."""
_SWITCH = re.compile(
    r"-{1,2}(?:no|skip|use|enable|disable|allow|lt|pass|with|without)-.*|.*-(?:stdin|warning|mech|preflight)|--auth"
)
"""Options that are named like a secret and take none."""
_CLIENTS = r"sshpass|(?:mysql|mariadb)(?:[-_]?(?:admin|dump|check|show|import|slap|pump|upgrade))?|xtrabackup"
_CLIENTS += r"|mariabackup|mongo(?:sh|dump|restore|export|import|stat)?|rabbitmqadmin|7z[ar]?|cqlsh"
_GIVEN_TO = {
    option: re.compile(rf"(?:.*/)?(?:{programs})")
    for option, programs in {
        "-a": r"(?:redis|valkey|keydb)(?:-[a-z]+)?",
        "-k": r"openssl",
        "-N": r"ssh-keygen",
        "-p": rf"{_CLIENTS}|login",
        "-P": r"sqlcmd|bcp|osql|isql|tsql|mosquitto_[a-z]+|zip",
        "-s": r"slappasswd",
        "-t": r"influx",
        "-w": r"ldap[a-z]+",
    }.items()
}
"""Options behind which some programs take a password, alone or with it glued on, and which ones those are."""
_LOGIN = re.compile(r"-[A-Za-z]{0,5}[uU]|-E|--(?:proxy-|http-)?user|--login|--basic|--cert")
_LOGIN_GLUED = re.compile(r"(?:-[uU]|--(?:proxy-|http-)?user=)[^:\s]*:(?P<value>.+)", re.DOTALL)
KIND = re.compile(r"(?:Bearer|Basic|Token|Digest|ApiKey)(?:\s+|\Z)", re.IGNORECASE)
_RANDOM = re.compile(r"(?=[^A-Za-z]*[A-Za-z])(?=\D*\d)[\w+/=.~-]{8,}")
_NOT_RANDOM = re.compile(r"[a-z]+\d+[a-z]*|[a-z0-9]+(?:[._+-][a-z0-9]+)+")
_URL_WITHIN = re.compile(rf"{URL.pattern}[^\s\"'<>`)\]]+")
_ASKED = ("$(", "$$(", "`")
"""How what another command prints begins."""


def passwords_of(words: Sequence[str]) -> frozenset[str]:
    """Return the options behind which the programs among these words take a password."""
    return frozenset(option for option, program in _GIVEN_TO.items() if any(map(program.fullmatch, words)))


def announced(before: str, word: str, options: frozenset[str]) -> list[Span] | None:
    """Return the spans of a word behind an option that announces a secret; None where none does.

    ``options``: those that do so in this command, see ``passwords_of``.
    """
    if _LOGIN.fullmatch(before):
        return _of_login(word)
    if before in options:
        return [] if word.startswith("-") or is_harmless("password", word) else [(0, len(word))]
    if _SWITCH.fullmatch(before) or not _NAME.fullmatch(before) or KIND.match(word):
        return None
    # What has an option's form is one: that before it takes no value.
    if word.startswith("--") or re.fullmatch(r"-[A-Za-z]", word):
        return None
    named, given = names_a_secret(before.strip("-:")), _GIVEN.fullmatch(before)
    if not named and not given:
        return None
    plain = is_harmless("password", word) if named else word.startswith("-") or is_harmless("", word)
    return [] if plain else [(0, len(word.rstrip(",") if before.endswith(":") else word))]


def _of_login(word: str) -> list[Span]:
    user, _, password = word.partition(":")
    ids = user.isdigit() and password.isdigit()
    plain = not password or ids or is_harmless("password", password.rpartition("@")[2])
    return [] if plain else [(len(user) + 1, len(word))]


def of_word(word: str, options: frozenset[str]) -> list[Span]:
    """Return the spans of a word that no option announces."""
    if glued := _LOGIN_GLUED.fullmatch(word):
        return [] if is_harmless("password", glued["value"]) else [glued.span("value")]
    if word[:2] in options and len(word) > 2:
        return [] if is_harmless("password", word[2:]) else [(2, len(word))]
    pair = _PAIR.fullmatch(word)
    if pair and pair["value"].strip("=") and not URL.match(word):
        return [(pair.start("value") + a, pair.start("value") + b) for a, b in _of_pair(pair, options)]
    header = HEADER.fullmatch(word, 2 if word.startswith("-H") else 0)
    if header and names_a_secret(header["name"]):
        return list(of_header(header))
    return _of_value("", word)


def _of_pair(pair: re.Match[str], options: frozenset[str]) -> list[Span]:
    name, value = pair["name"].lstrip("-"), pair["value"]
    # What is left of ``NAME=$(...)`` is no value.
    if not value.strip("$") or value.startswith(_ASKED):
        return []
    return _of_value(name, value) if names_a_secret(name) else of_word(value, options - {"-p"})


def is_secret_pair(word: str, options: frozenset[str]) -> bool:
    """Return whether a word with spaces is a name and a secret, and not what another command prints."""
    pair = _PAIR.fullmatch(word)
    named = pair and names_a_secret(pair["name"].lstrip("-")) and not pair["value"].startswith(_ASKED)
    return bool(named) or word[:2] in options


def of_header(header: re.Match[str]) -> Iterator[Span]:
    """Yield the span of the value of a header that is a secret; of a login, its kind (``Bearer``) stays."""
    name, value, at = header["name"], header["value"], header.start("value")
    kind = KIND.match(value)
    if not is_harmless(name, value[kind.end() if kind else 0 :]):
        yield at + (kind.end() if kind else 0), at + len(value)


def _of_value(name: str, word: str) -> list[Span]:
    """Return the spans of a word that no option announces: most words of commands are no secrets."""
    if names_a_secret(name) or URL.match(word):
        return spans(name, word)
    if URL.search(word):
        found = ((one.start(), spans(name, one.group())) for one in _URL_WITHIN.finditer(word))
        return [(at + first, at + last) for at, inner in found for first, last in inner]
    random = _RANDOM.fullmatch(word) and not _NOT_RANDOM.fullmatch(word)
    return [(0, len(word))] if random and not is_harmless(name, word) else []
