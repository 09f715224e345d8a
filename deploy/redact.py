"""What hides secrets: every known value, in every form it takes in output, becomes ``[redacted]``."""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from urllib.parse import unquote, unquote_plus

from gonogo.deploy.encodings import codes, expression

MARK = "[redacted]"
SHORTEST_VALUE = 4
SHORTEST_LINE = 8
_DEPTH = 3

_SECRET_WORD = re.compile(
    r"""AUTH | AUTHORIZATION | BEARER | CREDENTIALS? | CREDS | DSN | JWT | KEYS? | PASS | PRIVATE | PW | PWD
    | SALT | SIGNATURE | TOKENS | SECRETS | PASSWORDS
    | .*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|SECRETKEY|ACCESSKEY)
    """,
    re.VERBOSE,
)
# What a last word makes of a name that would be a secret's: a place, a setting or a measure of the secret.
_HARMLESS_LAST = re.compile(
    r"""ALGORITHM | AUDIENCE | COUNT | DAYS | DIR | DIRECTORY | DISABLED | ENABLED | EXPIRES | EXPIRY | FILE
    | FOLDER | HEADER | HOST | HOSTNAME | HOURS | ISSUER | LENGTH | LIMIT | MAX | MECHANISM | METHOD | MIN
    | MINUTES | MODE | NAME | PATH | PORT | PREFIX | REALM | REQUIRED | ROUNDS | SECONDS | SIZE | SOURCE
    | TIMEOUT | TTL | TYPE | USER | USERNAME
    """,
    re.VERBOSE,
)
_PUBLISHED_LAST = re.compile(r"BUILD|COMMIT|DIGEST|HASH|IMAGE|RELEASE|REVISION|SHA|TAG|VERSION")
_COMMON = re.compile(
    r"""admin | changeme | debug | default | demo | development | disabled | enabled | false | guest | info
    | localhost | mongo | mongodb | mysql | none | null | password | postgres | production | redis | root
    | secret | staging | string | test | token | true | undefined | user | \d{1,5}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SETTING = re.compile(
    r"(?i)(?:^|[?&;\s])(?:password|passwd|pwd|secret|token|api_?key|sig|signature)=([^;&\s]+)"
)
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

# A base64 text of several lines, as ``base64`` and PEM files wrap it. The look-behind keeps it linear.
_WRAPPED = re.compile(r"(?<![\w+/-])(?:[\w+/-]{16,}\r?\n[ \t]*+)+[\w+/-]+=*", re.ASCII)


class Redactor:
    """Replaces known values with ``[redacted]``, raw and encoded; it is safe to share between threads.

    Found in any text: the value as it is, escaped for a URL, JSON, YAML, Python, HTML, a shell or Compose,
    escapes of escapes too, and as base64 or hex, alone or within a longer text. Of a value of several lines
    the whole is hidden and each line of SHORTEST_LINE characters or more.

    Values shorter than SHORTEST_VALUE characters are **not** hidden: they stand in so many words and numbers
    that replacing them would shred every text and, by what is missing, tell the value.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._values: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        _ALL.add(self)
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Hide these values too, from now on."""
        found = {piece for value in values for piece in _pieces(value)}
        with self._lock:
            if not found <= self._values:
                self._values |= found
                self._pattern = None

    @property
    def values(self) -> frozenset[str]:
        """What is hidden."""
        with self._lock:
            return self._values

    def __call__(self, text: str) -> str:
        """Return the text with all that is known hidden; hiding twice gives the same text as hiding once."""
        pattern = self._current()
        if pattern is None or not text:
            return text

        def unwrapped(block: re.Match[str]) -> str:
            return MARK if pattern.search("".join(block.group().split())) else block.group()

        once = MARK.join(pattern.sub(MARK, part) for part in text.split(MARK))
        return MARK.join(_WRAPPED.sub(unwrapped, part) for part in once.split(MARK))

    def finds(self, text: str) -> bool:
        """Return whether any form of a known value is in the text."""
        return self(text) != text

    def _current(self) -> re.Pattern[str] | None:
        with self._lock:
            if self._pattern is None and self._values:
                self._pattern = _compile(self._values)
            return self._pattern


_ALL: weakref.WeakSet[Redactor] = weakref.WeakSet()


def by_all(text: str) -> str:
    """Return the text with all hidden that any redactor of this process knows; for what belongs to no run."""
    for one in list(_ALL):
        text = one(text)
    return text


def _pieces(value: str) -> Iterator[str]:
    """Yield what is to be hidden of a value: the whole and its long lines, without the mark itself."""
    for part in value.split(MARK):
        whole = part.strip()
        if len(whole) >= SHORTEST_VALUE:
            yield whole
        lines = [line.strip() for line in whole.splitlines()]
        if len(lines) > 1:
            yield from (line for line in lines if len(line) >= SHORTEST_LINE)


def _compile(values: frozenset[str]) -> re.Pattern[str]:
    literal = [(code, "") for value in values for code in codes(value)]
    forms = {
        (lead[:_DEPTH], re.escape(lead[_DEPTH:]) + rest)
        for lead, rest in [*map(expression, values), *literal]
    }
    return re.compile("|".join(_tree(sorted(forms))))


def _tree(forms: list[tuple[str, str]], depth: int = 0) -> Iterator[str]:
    """Yield alternatives, those that begin alike as one, the longest first: a flat list is far slower."""
    deeper = [form for form in forms if len(form[0]) > depth]
    for character, same in groupby(deeper, key=lambda form: form[0][depth]):
        yield f"{re.escape(character)}(?:{'|'.join(_tree(list(same), depth + 1))})"
    yield from sorted((rest for lead, rest in forms if len(lead) == depth), key=len, reverse=True)


def names_a_secret(name: str) -> bool:
    """Return whether a variable is named like one that holds a secret; see ``secret_values``."""
    words = [word.rstrip("0123456789") for word in _words(name)]
    return _names_a_secret(words) and name not in ("PWD", "OLDPWD")


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """Return the values in an environment (name to value) that look secret, each once, in order.

    These are the values of variables named like one (``DB_PASSWORD``, ``API_KEY``, but not ``KEYBOARD``,
    ``PUBLIC_KEY`` or ``TOKEN_FILE``), the password in a URL or a connection string, as written and decoded,
    and what looks like a random token. Never a word so common that hiding it would make a text unreadable
    (``true``, ``admin``), nor a number of fewer than six digits.
    """
    found: dict[str, None] = {}
    for name, value in environment.items():
        for candidate in _candidates(name, value.strip()):
            if candidate and not _COMMON.fullmatch(candidate):
                found[candidate] = None
    return list(found)


def _candidates(name: str, value: str) -> Iterator[str]:
    words = [word.rstrip("0123456789") for word in _words(name)]
    if names_a_secret(name):
        yield value
    yield from _passwords(value)
    for setting in _SETTING.finditer(value):
        yield setting.group(1)
        yield unquote(setting.group(1))
    if not (words and _PUBLISHED_LAST.fullmatch(words[-1])) and _is_token(value):
        yield value


def _words(name: str) -> list[str]:
    return [word.upper() for word in re.split(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", name) if word]


def _names_a_secret(words: list[str]) -> bool:
    if not words or _HARMLESS_LAST.fullmatch(words[-1]) or "PUBLIC" in words:
        return False
    return any(_SECRET_WORD.fullmatch(word) for word in words)


def _passwords(value: str) -> Iterator[str]:
    """Yield the passwords of the URLs in a value, as written and decoded."""
    for rest in _SCHEME.split(value)[1:]:
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        for before in _userinfos(rest, authority):
            user, colon, password = before.partition(":")
            written = password if colon else user
            if colon or _is_token(user):
                yield from (written, unquote(written), unquote_plus(written))


def _userinfos(rest: str, authority: str) -> Iterator[str]:
    """Yield what stands before the host; twice where a password may hold the characters that end a host."""
    proper = authority.rpartition("@")[0]
    yield proper
    loose = rest.rpartition("@")[0]
    if loose != proper and (proper or not re.match(r"[^:/]*(?::\d*)?(?:[/?#]|$)", rest)):
        yield loose


def _is_token(value: str) -> bool:
    return _TOKEN.fullmatch(value) is not None and _NOT_A_TOKEN.fullmatch(value) is None
