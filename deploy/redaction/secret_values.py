"""Which values of an environment are secret: by the variable's name, by form, or as part of a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, unquote_plus

_SECRET_WORD = re.compile(
    r"""AUTH | AUTHORIZATION | BEARER | CREDENTIALS? | CREDS | DSN | JWT | KEYS? | PASS | PRIVATE | PW | PWD
    | SALT | SIGNATURE | TOKENS | SECRETS | PASSWORDS
    | (?:ADMIN|APP|DB|LDAP|MAIL|MONGO|MYSQL|PG|REDIS|ROOT|SMTP|SQL|USER)PASS
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
