"""Secret values that are also words of the stack: hidden where they stand as values, and nowhere else.

With the password ``paperless`` in a project of that name, paths, names and commands have to stay readable.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

from gonogo.deploy.redaction.secret_names import names_a_secret

_OPTION = re.compile(r"(?i)^-*(?:require)?pass(?:word|wd|phrase)?$")
_QUOTES = r"(?:\\*[\"'])?"


def words(texts: Iterable[str]) -> set[str]:
    """Return the words of names and paths, those with dots and dashes whole and in parts."""
    parts = (re.split(shape, text) for text in texts for shape in (r"[^\w.-]+", r"[\W_]+"))
    return {word for found in parts for word in found if word}


_PRINTED = """
    backup backups baseline chmod chown compose container containers current database deploy docker
    exec force format gonogo health healthy history image images inspect install journal load lock logs
    mongodb mongodump mongorestore network networks plan preflight profile project publish pull push
    release releases remove replace report reports restart restore resume rollback running service services
    stack start status stop systemctl target targets unhealthy unlock verify version volume volumes waiver
    """
OURS = frozenset(words([_PRINTED]))
"""Words of the commands and messages that gonogo prints, which have to stay as they are."""


@functools.lru_cache(maxsize=32)
def _standing(values: frozenset[str]) -> re.Pattern[str]:
    """Match the values where they stand behind a name or an option, or as the password in a URL."""
    value = "|".join(sorted(map(re.escape, values), key=len, reverse=True))
    return re.compile(
        rf"(?P<before>(?P<name>[A-Za-z-][\w.-]*){_QUOTES}(?:\s*[=:]\s*|[\s,]+){_QUOTES})(?P<value>{value})(?!@|[\w.-]*[\w/])"
        rf"|(?P<user>:)(?P<password>{value})(?=@)"
    )


def hide_values(text: str, values: frozenset[str], mark: Callable[[str], str]) -> str:
    """Return a text with ``mark`` of them in the place of the values where they stand as such."""

    def hidden(match: re.Match[str]) -> str:
        if match["user"]:
            return f"{match['user']}{mark(match['password'])}"
        name, before = match["name"], match["before"]
        given = name.startswith("-") or re.search(r"[=:]", before[len(name) :])
        is_value = _OPTION.match(name) or (given and names_a_secret(name))
        return f"{before}{mark(match['value'])}" if is_value else match.group()

    return _standing(values).sub(hidden, text) if values else text
