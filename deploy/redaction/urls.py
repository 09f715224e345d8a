"""Where in a URL a secret can stand: the login, parts of the path, values of the query, the fragment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, unquote_plus

from gonogo.deploy.redaction.spans import Span

URL = re.compile(r"(?:jdbc:)?(?<![A-Za-z0-9+._-])[A-Za-z][A-Za-z0-9+._-]{0,30}://")
_HOST = re.compile(r"(?:[\w.*-]+|\[[0-9A-Fa-f:.]+\]|\0+)?(?::(?:\d*|\0+))?")
_HOOK = re.compile(r"hook|\bpush\b|\bntfy\b|\bhc-ping\b")
"""What names a place where whoever knows the path may write."""
_BARE = re.compile(r"[^:/]*(?::\d*)?(?:[/?#]|$)")


def url_spans(
    name: str, text: str, harmless: Callable[[str, str], bool], wordy: Callable[[str], bool]
) -> Iterator[Span]:
    r"""Yield the spans of a URL that are to be hidden; all of it, where its host cannot be told.

    ``name``: of its variable. ``harmless``: whether a value of the query, by its key, may be shown.
    ``wordy``: whether a part of the path is made of words and numbers. ``\0`` stands for a variable.
    """
    start = _after(URL, text)
    rest = text[start:]
    login = login_end(rest)
    end = next((at for at in range(login, len(rest)) if rest[at] in "/?#"), len(rest))
    hosts = rest[login:end].split(",")
    if not all(map(_HOST.fullmatch, hosts)):
        yield 0, len(text)
        return
    for first, last in _login(rest[: max(0, login - 1)], wordy):
        yield start + first, start + last
    hook = bool(_HOOK.search(f"{name} {hosts[0]}".lower()))
    for first, last in _parts(rest, end, harmless, wordy, hook):
        yield start + first, start + last


def login_end(rest: str) -> int:
    """Return where the host begins in what follows ``//``, also behind a password with ``/?#@`` in it."""
    proper = re.split(r"[/?#]", rest, maxsplit=1)[0].rfind("@") + 1
    loose = rest.rfind("@") + 1
    return loose if loose > proper and (proper or not _BARE.match(rest)) else proper


def _login(login: str, wordy: Callable[[str], bool]) -> Iterator[Span]:
    user, colon, password = login.partition(":")
    # A name may be that of a mailbox, and is escaped where it is.
    if user.strip("\0") and not all(map(wordy, unquote(user).split("@"))):
        yield 0, len(user)
    if colon and password.strip("\0"):
        yield len(user) + 1, len(login)


def _parts(
    rest: str, end: int, harmless: Callable[[str, str], bool], wordy: Callable[[str], bool], hook: bool
) -> Iterator[Span]:
    """Yield what is to be hidden behind the host; of a webhook, whose path is its password, all."""
    path = re.compile(r"[^?#]*").match(rest, end)
    assert path
    for part in re.finditer(r"[^/]+", path.group()):
        shown = wordy(unquote_plus(part.group())) and not hook
        if not shown and part.group().strip("\0"):
            yield end + part.start(), end + part.end()
        hook = hook or bool(_HOOK.search(part.group().lower()))
    query = re.compile(r"\?([^#]*)").match(rest, path.end())
    at = path.end()
    if query:
        at = query.end()
        for pair in re.finditer(r"[^&;]+", query[1]):
            yield from _of_query(pair.group(), query.start(1) + pair.start(), harmless)
    if len(rest) > at + 1 and not wordy(unquote_plus(rest[at + 1 :])):
        yield at + 1, len(rest)


def _of_query(pair: str, at: int, harmless: Callable[[str, str], bool]) -> Iterator[Span]:
    key, equals, value = pair.partition("=")
    if not equals:
        key, value = "", pair
    if value.count("://") > 1:
        yield at + len(pair) - len(value), at + len(pair)
        return
    if value.strip("\0") and not harmless(key, unquote_plus(value)):
        yield at + len(pair) - len(value), at + len(pair)


def _after(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
