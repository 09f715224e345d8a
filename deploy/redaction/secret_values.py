"""Which values redaction has to know: all that may not be shown, see ``harmless``, in each form of it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, unquote_plus

from gonogo.deploy.redaction.commands import command_secrets
from gonogo.deploy.redaction.harmless import is_harmless, leaves, spans
from gonogo.deploy.redaction.secret_names import names_a_secret, promises_published
from gonogo.deploy.redaction.urls import URL, login_end

_COMMON = re.compile(
    r"""admin | changeme | debug | default | demo | development | disabled | enabled | false | guest | info
    | localhost | mongo | mongodb | mysql | none | null | password | postgres | production | redis | root
    | secret | staging | string | test | token | true | undefined | user | \d{1,5}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]{1,7}|[A-Z]?[a-z]{1,14}|[A-Z][A-Z_]{1,24}")
"""A word that nobody announced as a secret, and that stands in too many texts to be hidden in them."""
_LINE = re.compile(r"""(?m)^\s*["']?(?P<name>[\w.-]+)["']?\s*[:=]\s*["']?(?P<value>[^\n]*?)["',;]*\s*$""")
"""A setting in a file of several."""
_LOGIN = re.compile(r"(?:jdbc:oracle:\w+:[^\s:@/]+/|[\w.-]+:)(?P<password>[^\s@/]+)@\S+")
"""A login before a host without a scheme, as Go's driver for MySQL and Oracle's take it."""
_PARTED = re.compile(r"[A-Za-z][\w.-]{0,31}/(?P<password>[^\s/]+)")
"""A login as Neo4j takes it."""
_TOKEN = re.compile(r"(?=[^A-Za-z]*[A-Za-z])(?=\D*\d)[!-~]{20,}")
_NOT_A_TOKEN = re.compile(
    r"""
    [~.]{0,2}/[^+=]*                                             # a path
    | [^A-Z]*/[^A-Z]* | [\w.:@-]*[.:@-][\w.:@-]*/.* | [^/]*/[\w/]*[.:@-].* # a relative path, an image
    | (?:[a-z0-9_-]+\.)+[a-z0-9-]+(?::\d+)?(?:,.*)?              # a host, or several
    | (?:sha256:)[0-9a-f]+                                       # an image's id
    | v?\d+\.\d+.* | \w+-\d{8}-\d{6}(?:-dirty)? | \d{4}-\d\d-\d\d.*  # a version, a date
    | (?:[A-Za-z]+\d{0,3}|\d{1,4})(?:[-_.:,;=]+(?:[A-Za-z]+\d{0,3}|\d{1,4}))* # words with a few numbers
    | [\[{(].* | .*:// .*                                        # a structure
    """,
    re.VERBOSE,
)


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """Return what may not be shown of an environment (name to value), each once, in order, without blanks.

    These are the parts of the values that ``harmless.spans`` tells, as written and decoded. Never a word so
    common that hiding it would make a text unreadable (``true``, ``admin``), nor a number of fewer than six
    digits; nor a short word under a name that announces no secret: it is hidden only where its name is known.
    """
    return _each(part for name, value in environment.items() for part in _parts(name, value))


def command_values(words: Iterable[str]) -> list[str]:
    """Return what may not be shown of a command's words, as ``secret_values`` does."""
    found = command_secrets(list(words))
    return _each(form for part, named in found if named or not _WORD.fullmatch(part) for form in _forms(part))


def looks_secret(name: str, value: str) -> list[str]:
    """Return what of a value looks like a secret in use, where not all that may be one is to be hidden.

    It is the value of a variable named like a secret's, a part of a URL or of settings, or a random token.
    """
    whole, found = value.strip(), _each(_parts(name, value))
    sure = names_a_secret(name)
    return [part for part in found if sure or part != whole or _is_token(name, part)]


def _each(found: Iterable[str]) -> list[str]:
    return [part for part in dict.fromkeys(found) if part.strip() and not _COMMON.fullmatch(part)]


def _parts(name: str, value: str) -> Iterator[str]:
    whole = value.strip()
    for first, last in spans(name, value):
        part = value[first:last].strip("\"'") if last - first < len(whole) else whole
        if part == whole:
            secret = names_a_secret(name)
            yield from _within("" if secret else name, whole)
            if secret:
                yield from _of_form(whole)
            elif _WORD.fullmatch(whole):
                continue
        yield from (part,) if part == whole else _forms(part)
    yield from _proper(value)


def _forms(part: str) -> tuple[str, ...]:
    return (part, unquote(part), unquote_plus(part))


def _of_form(whole: str) -> Iterator[str]:
    """Yield what is secret within a URL, a list of settings or a login that is a secret as a whole."""
    if parted := _PARTED.fullmatch(whole):
        yield parted["password"]
    for first, last in spans("", whole):
        if last - first < len(whole):
            yield from _forms(whole[first:last].strip("\"'"))


def _within(name: str, whole: str) -> Iterator[str]:
    """Yield what may not be shown within a structure, apart from the whole."""
    with contextlib.suppress(ValueError, RecursionError):
        if whole[:1] in {"[", "{"}:
            for leaf, value in list(leaves(name, json.loads(whole))):
                yield from _parts(leaf, value)
            return
    login = _LOGIN.fullmatch(whole)
    if login:
        yield login["password"]
    elif url := URL.search(whole, 1):
        yield from _of_form(whole[url.start() :])
    elif re.fullmatch(r"[^\s:/]+(?::[^\s:/]+)+", whole):
        parts = (part for shape in ("[:]", "[:,;]") for part in re.split(shape, whole))
        yield from (part for part in parts if not _WORD.fullmatch(part) and not is_harmless("", part))
    elif "\n" in whole:
        for line in _LINE.finditer(whole):
            yield from looks_secret(line["name"], line["value"])


def _proper(value: str) -> Iterator[str]:
    """Yield the password before the first @ of a URL whose path has another, since it may be all of it."""
    for rest in URL.split(value)[1:]:
        proper = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[0]
        if proper and len(proper) + 1 < login_end(rest) and ":" in proper:
            yield from _forms(proper.partition(":")[2])


def _is_token(name: str, value: str) -> bool:
    return (
        not promises_published(name)
        and _TOKEN.fullmatch(value) is not None
        and _NOT_A_TOKEN.fullmatch(value) is None
    )
