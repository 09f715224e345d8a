"""Where in a command a secret stands: behind an option or a header's name, in a URL, or as a random word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from gonogo.deploy.redaction import options
from gonogo.deploy.redaction.programs import text_spans, word_spans
from gonogo.deploy.redaction.secret_names import names_a_secret
from gonogo.deploy.redaction.shell_words import shell_words
from gonogo.deploy.redaction.spans import Span, joined
from gonogo.deploy.redaction.urls import URL

_DEEPEST = 8
"""Commands within commands, of which nothing is shown beyond."""
_NAMED = re.compile(r"""(?P<name>-{0,2}[A-Za-z][\w.-]*)(?:["'\\]*[=:]|\s)[\s"'\\]*\Z""")


def command_spans(words: Sequence[str]) -> list[list[Span]]:
    """Return, for each word of a command, which parts of it may not be shown.

    A word may itself be a command, as ``sh -c`` takes it.
    """
    found = _of_words(words, 0)
    return [joined([*spans, *text_spans(word)]) for word, spans in zip(words, found, strict=True)]


def hidden_words(words: Sequence[str], hide: Callable[[str], str]) -> list[str]:
    """Return a command as it may be shown, with ``hide`` of each part that may not."""
    return [_replaced(word, found, hide) for word, found in zip(words, command_spans(words), strict=True)]


def command_secrets(words: Sequence[str]) -> list[tuple[str, bool]]:
    """Return what of a command may not be shown, in order, and whether a secret's name stands before it."""
    found = []
    for before, word, parts in zip(["", *words], words, command_spans(words), strict=False):
        for first, last in parts:
            named = _NAMED.search(f"{before} {word[:first]}")
            found.append((word[first:last], bool(named and names_a_secret(named["name"].strip("-")))))
    return found


def _replaced(word: str, found: Sequence[Span], hide: Callable[[str], str]) -> str:
    for first, last in reversed(found):
        word = f"{word[:first]}{hide(word[first:last])}{word[last:]}"
    return word


def _of_words(words: Sequence[str], depth: int) -> list[list[Span]]:
    """Return the spans of each word, which may itself be a command."""
    given = options.passwords_of(words)
    found = [_of_one(before, word, given, depth) for before, word in zip(["", *words], words, strict=False)]
    for index, span in word_spans(words):
        found[index].append(span)
    return found


def _of_one(before: str, word: str, given: frozenset[str], depth: int) -> list[Span]:
    found = options.announced(before, word, given)
    if found is not None:
        return found
    # A word with spaces within a line was quoted; as an argument it may be a line.
    pair = (depth or word.startswith("-")) and options.is_secret_pair(word, given)
    if re.search(r"\s", word) and not pair:
        return _of_line(word, depth + 1)
    return options.of_word(word, given)


def _of_line(line: str, depth: int) -> list[Span]:
    """Return the spans of a command in one text, which may also be a header with its value."""
    if depth > _DEEPEST:
        return [(0, len(line))]
    option = re.match(r"--?[A-Za-z][\w-]*=", line)
    header = options.HEADER.fullmatch(line, option.end() if option else 0)
    if header and not URL.match(line):
        return list(_of_header(header, depth))
    words = shell_words(line)
    if len(words) == 1 and words[0].text == line:
        return options.of_word(line, frozenset())
    found = _of_words([one.text for one in words], depth)
    return [one.span(*span) for one, spans in zip(words, found, strict=True) for span in spans]


def _of_header(header: re.Match[str], depth: int) -> Iterator[Span]:
    if names_a_secret(header["name"]):
        return options.of_header(header)
    at, value = header.start("value"), header["value"]
    found = _of_line(value, depth + 1) if re.search(r"\s", value) else options.of_word(value, frozenset())
    return ((at + first, at + last) for first, last in found)
