"""Where in a command a secret stands: behind an option or a header's name, in a URL, or as a random word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from gonogo.deploy.redaction.harmless import is_harmless, spans
from gonogo.deploy.redaction.programs import text_spans, word_spans
from gonogo.deploy.redaction.secret_names import names_a_secret
from gonogo.deploy.redaction.urls import URL, Span

_WORD = re.compile(r"""\\?"(?P<double>(?:[^"\\]|\\.)*)\\?"|'(?P<single>[^']*)'|(?P<bare>[^\s"'|&;()<>]+)""")
_PAIR = re.compile(r"(?P<name>-{0,2}[A-Za-z][\w.-]{0,80})=(?P<value>.+)", re.DOTALL)
_HEADER = re.compile(r"(?P<name>[A-Za-z][\w-]{0,60}):\s*(?P<value>\S.*)", re.DOTALL)
_GIVEN = re.compile(r"-(?:p|pw)|-{1,2}(?:auth|bind-?dn-?pw|pass|pw)")
"""Options behind which clients take a password; other programs a port, a path or a pattern."""
_GIVEN_TO = {
    "-a": re.compile(r"(?:.*/)?(?:redis|valkey|keydb)(?:-[a-z]+)?"),
    "-w": re.compile(r"(?:.*/)?ldap[a-z]+"),
    "-P": re.compile(r"(?:.*/)?(?:sqlcmd|bcp|osql|isql|tsql)"),
}
"""Options behind which these take one, and others something else."""
_LOGIN = re.compile(r"-[uU]|--(?:proxy-)?user|--login|--basic|--http-user")
_GLUED = re.compile(r"-p(?P<value>\S+)")
_CLIENTS = re.compile(r"(?:.*/)?(?:sshpass|(?:mysql|mariadb)(?:admin|dump|check|show|import)?)")
_KIND = re.compile(r"(?:Bearer|Basic|Token|Digest|ApiKey)(?:\s+|\Z)", re.IGNORECASE)
_DEEPEST = 8
"""Commands within commands, of which nothing is shown beyond."""
_LOGIN_GLUED = re.compile(r"(?:-[uU]|--(?:proxy-|http-)?user=)[^:\s]*:(?P<value>.+)", re.DOTALL)
_GLUED_QUOTE = re.compile(r"""=\\?["']\Z""")
_RANDOM = re.compile(r"(?=[^A-Za-z]*[A-Za-z])(?=\D*\d)[\w+/=.~-]{8,}")
_NOT_RANDOM = re.compile(r"[a-z]+\d+[a-z]*|[a-z0-9]+(?:[._+-][a-z0-9]+)+")


def command_spans(words: Sequence[str]) -> list[list[Span]]:
    """Return, for each word of a command, which parts of it may not be shown.

    A word may itself be a command, as ``sh -c`` takes it.
    """
    found = _of_words(words, 0)
    for index, span in word_spans(words):
        found[index].append(span)
    return [_joined([*spans, *text_spans(word)]) for word, spans in zip(words, found, strict=True)]


def hidden_words(words: Sequence[str], hide: Callable[[str], str]) -> list[str]:
    """Return a command as it may be shown, with ``hide`` of each part that may not."""
    return [_replaced(word, found, hide) for word, found in zip(words, command_spans(words), strict=True)]


def command_secrets(words: Sequence[str]) -> list[str]:
    """Return what of a command may not be shown, in order."""
    pairs = zip(words, command_spans(words), strict=True)
    return [word[first:last] for word, found in pairs for first, last in found]


def _replaced(word: str, found: Sequence[Span], hide: Callable[[str], str]) -> str:
    for first, last in reversed(found):
        word = f"{word[:first]}{hide(word[first:last])}{word[last:]}"
    return word


def _of_words(words: Sequence[str], depth: int) -> list[list[Span]]:
    """Return the spans of each word, which may itself be a command."""
    client = any(map(_CLIENTS.fullmatch, words))
    given = {option for option, program in _GIVEN_TO.items() if any(map(program.fullmatch, words))}
    return [
        _of_line(word, depth + 1)
        if re.search(r"\s", word)
        else _of_word("--password" if before in given else before, word, client)
        for before, word in zip(["", *words], words, strict=False)
    ]


def _joined(found: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for first, last in sorted(found):
        if joined and first < joined[-1][1]:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return joined


def _of_line(line: str, depth: int) -> list[Span]:
    """Return the spans of a command in one text, which may also be a header with its value."""
    if depth > _DEEPEST:
        return [(0, len(line))]
    option = re.match(r"--?[A-Za-z][\w-]*=", line)
    header = _HEADER.fullmatch(line, option.end() if option else 0)
    if header and not URL.match(line):
        return list(_of_header(header, depth))
    matches = list(_WORD.finditer(line))
    places = [(one.start(one.lastgroup or 0), one[one.lastgroup or 0]) for one in matches]
    words = [word for _, word in places]
    if len(words) == 1 and words[0] == line:
        return _of_word("", line, client=False)
    client = any(map(_CLIENTS.fullmatch, words))
    within = [(index, [span]) for index, span in word_spans(words)]
    for index, inner in enumerate(_of_words(words, depth)):
        at = places[index][0]
        before = words[index - 1] if index else ""
        glued = (
            _of_quoted(before, words[index], client) if _GLUED_QUOTE.search(line[max(0, at - 3) : at]) else []
        )
        within.append((index, glued or inner))
    return [
        (places[index][0] + first, places[index][0] + last)
        for index, inner in within
        for first, last in inner
    ]


def _of_quoted(name: str, value: str, client: bool) -> list[Span]:
    """Return the spans of a value in quotes behind ``name=``, such as ``--password='...'``."""
    name = name.rstrip("\\")
    at = len(name)
    asked = value.startswith(("$(", "$$(", "`"))  # what another command prints
    found = _of_word("", f"{name}{value}", client) if name.endswith("=") and not asked else []
    return [(first - at, last - at) for first, last in found if first >= at]


def _of_header(header: re.Match[str], depth: int) -> Iterator[Span]:
    """Yield the spans of a header's value; of a login, its kind (``Bearer``) stays."""
    name, value, at = header["name"], header["value"], header.start("value")
    if names_a_secret(name):
        kind = _KIND.match(value)
        if not is_harmless(name, value[kind.end() if kind else 0 :]):
            yield at + (kind.end() if kind else 0), at + len(value)
    elif not re.search(r"\s", value):
        yield from ((at + first, at + last) for first, last in _of_word("", value, client=False))
    else:
        yield from ((at + first, at + last) for first, last in _of_line(value, depth + 1))


def _of_word(before: str, word: str, client: bool) -> list[Span]:
    if _LOGIN.fullmatch(before):
        user = word.partition(":")[0]
        return [(len(user) + 1, len(word))] if len(user) + 1 < len(word) else []
    if (re.fullmatch(r"-[\w-]+|[\w.-]+:", before) and not _KIND.match(word)) and (
        announced := _announced(before)
    ) is not None:
        plain = word.startswith("--" if announced else "-") or is_harmless(announced, word)
        return [] if plain else [(0, len(word))]
    if glued := _LOGIN_GLUED.fullmatch(word) or (_GLUED.fullmatch(word) if client else None):
        return [] if is_harmless("password", glued["value"]) else [glued.span("value")]
    header = _HEADER.fullmatch(word, 2 if word.startswith("-H") else 0)
    pair = _PAIR.fullmatch(word)
    if pair and pair["value"].strip("=") and not URL.match(word):
        # What is left of ``NAME=$(...)`` is no value.
        inner = _of_value(pair["name"].lstrip("-"), pair["value"]) if pair["value"].strip("$") else []
        return [(pair.start("value") + first, pair.start("value") + last) for first, last in inner]
    if header and names_a_secret(header["name"]):
        return list(_of_header(header, 0))
    return _of_value("", word)


def _announced(option: str) -> str | None:
    """Return the name by which the value of an option is judged; None where it is a word like others."""
    if re.fullmatch(r"-[\w-]+|[\w.-]+:", option) and names_a_secret(option.strip("-:")):
        return "password"
    return "" if _GIVEN.fullmatch(option) else None


def _of_value(name: str, word: str) -> list[Span]:
    """Return the spans of a word that no option announces: most words of commands are no secrets."""
    if names_a_secret(name) or URL.search(word):
        return spans(name, word)
    random = _RANDOM.fullmatch(word) and not _NOT_RANDOM.fullmatch(word)
    return [(0, len(word))] if random and not is_harmless(name, word) else []
