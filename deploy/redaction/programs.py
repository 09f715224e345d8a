"""Secrets that programs take without an option that says so: by their place, or within a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from gonogo.deploy.redaction.harmless import is_harmless
from gonogo.deploy.redaction.secret_names import names_a_secret
from gonogo.deploy.redaction.spans import Span
from gonogo.deploy.redaction.urls import URL

_QUOTED = r"""(?P<quote>\\?['"])(?P<value>[^'"\\]+)(?P=quote)"""
_SAID = re.compile(
    rf"""\bauth\([^()]*,\s*{_QUOTED.replace("quote", "quote1").replace("value", "auth")}\s*\)
      | \b(?:password|identified\s+(?:with\s+\S+\s+)?(?:by|as)(?:\s+password)?)[\s=(]+{_QUOTED}""",
    re.VERBOSE | re.IGNORECASE,
)
"""A login in a script for MongoDB's shell; the password of a user in SQL."""
_ENTRY = re.compile(rf"""(?P<name>[A-Za-z][\w.-]{{0,80}})(?:\\?["'])?\s*:\s*{_QUOTED}""")
"""A key with its value, in JSON or a script."""
_PAIR = re.compile(
    r"""(?<![^\s?&;,=:"'\[({])(?P<name>_?[A-Za-z][\w.-]{0,80})=(?P<value>[^\s&;,"'\[(){}\]]+)"""
)
_LOGIN = re.compile(r"""(?<![^\s="'])[\w.-]+:(?P<value>[^\s:@/"']+)@(?!sha256:)[\w.\[(]""")
"""A login before a host without a scheme; what stands before the digest of an image is a tag."""


def text_spans(text: str) -> Iterator[Span]:
    """Yield where in a text, such as a script or the body of a request, a secret stands behind its name."""
    for one in _SAID.finditer(text):
        yield from _unless_harmless(one, "auth" if one["auth"] else "value")
    for one in _ENTRY.finditer(text):
        if names_a_secret(one["name"]):
            yield from _unless_harmless(one)
    if URL.match(text):
        return
    for one in _PAIR.finditer(text):
        # One alone is judged by the option before it.
        before, behind = text[max(0, one.start() - 1) : one.start()], text[one.end() : one.end() + 1]
        beside = (before and before in "?&;,:[({") or (behind and behind in "&;,])}")
        if beside and names_a_secret(one["name"]) and one["value"].strip("$"):
            yield from _unless_harmless(one)
    for one in _LOGIN.finditer(text):
        yield from _unless_harmless(one)


def word_spans(words: Sequence[str]) -> Iterator[tuple[int, Span]]:
    """Yield the numbers of the words of a command that its programs take as secrets, and what of each."""
    for at, word in enumerate(words):
        taken = _PROGRAMS.get(word.rsplit("/", 1)[-1].lower())
        for index, value in taken(words, at + 1) if taken else ():
            if index < len(words) and value and not is_harmless("password", value):
                start = words[index].rindex(value)
                yield index, (start, start + len(value))


def _unless_harmless(found: re.Match[str], group: str = "value") -> Iterator[Span]:
    if not is_harmless("password", found[group]):
        yield found.span(group)


Taken = Iterable[tuple[int, str]]


def _htpasswd(words: Sequence[str], at: int) -> Taken:
    """Yield the password of ``htpasswd -b [-n] [FILE] USER PASSWORD``."""
    options = "".join(word for word in words[at:] if word.startswith("-"))
    plain = [index for index in range(at, len(words)) if not words[index].startswith("-")]
    if "b" in options:
        yield from ((index, words[index]) for index in plain[1 if "n" in options else 2 :][:1])


def _after(number: int) -> Callable[[Sequence[str], int], Taken]:
    """Return what takes the word so many words behind the one that is looked at."""
    return lambda words, at: ((index, words[index]) for index in range(len(words))[at + number - 1 :][:1])


def _redis(words: Sequence[str], at: int) -> Taken:
    """Yield the password of ``redis-cli AUTH [USER] PASSWORD``."""
    for index in range(at, len(words)):
        if words[index].upper() == "AUTH":
            last = min(index + 2, len(words) - 1)
            yield last, words[last]


def _behind(word: str, number: int) -> Callable[[Sequence[str], int], Taken]:
    """Return what takes the word so many words behind the first that is ``word``."""

    def taken(words: Sequence[str], at: int) -> Taken:
        place = next((index for index in range(at, len(words)) if words[index] == word), len(words))
        return ((index, words[index]) for index in range(len(words))[place + number :][:1])

    return taken


def _matched(shape: str) -> Callable[[Sequence[str], int], Taken]:
    """Return what takes the group of each word that has a shape, before and behind the program's name."""
    pattern = re.compile(shape)
    return lambda words, _: (
        (index, match[1]) for index, word in enumerate(words) if (match := pattern.fullmatch(word))
    )


_ORACLE = _matched(r"[\w$#.-]+/([^@\s/]+)(?:@\S+)?")
_PROGRAMS: dict[str, Callable[[Sequence[str], int], Taken]] = {
    "htpasswd": _htpasswd,
    "chpasswd": _matched(r"[\w.-]+:([^\s:]+)"),
    "lftp": _matched(r"[\w.-]+,(\S+)"),
    "vault": lambda words, at: (*_behind("login", 1)(words, at), *_behind("unseal", 1)(words, at)),
    "openssl": _behind("passwd", 2),
    "mosquitto_passwd": _htpasswd,
    "smbclient": _matched(r"[\w.\\-]+%(\S+)"),
    "redis-cli": _redis,
    "valkey-cli": _redis,
    "add_user": _after(2),
    "change_password": _after(2),
    "requirepass": _after(1),
    "masterauth": _after(1),
    "alias": lambda words, at: _after(5)(words, at) if words[at : at + 1] == ["set"] else iter(()),
    "host": lambda words, at: _after(5)(words, at) if words[at : at + 1] == ["add"] else iter(()),
    "user": lambda words, at: _after(4)(words, at) if words[at : at + 1] == ["add"] else iter(()),
    "auth-pass": _after(2),
    "reset-admin-password": _after(1),
    "aws_secret_access_key": _after(1),
    "aws_session_token": _after(1),
    "obscure": _after(1),
    **dict.fromkeys(("sqlplus", "sqlldr", "expdp", "impdp", "rman"), _ORACLE),
}
"""Programs, subcommands and directives, in small letters, and what takes the secret from the words behind."""
