"""What a name promises: that its value is a secret, or that it is none."""

from __future__ import annotations

import re

_SECRET_WORD = re.compile(
    r"""AUTH | AUTHORIZATION | BEARER | COOKIES? | CREDS? | DSN | HMAC | JWT | KEYS? | MNEMONIC | NONCE | OTP
    | PASS | PAT | PEPPER | PIN | PRIVATE | PSK | PW | PWD | SALT | SAS | SEED | SIG | SIGNATURE | SIGNING
    | SK | TOTP | (?:BASIC|HTTP|MASTER|PROXY|REQUIRE|SMTP)AUTH | PUK
    | .*(?:PASSW[DOR] | PASSPHRASE | PASSCODE | PASSKEY | PASSWORT | KENNWORT | SECRET | CREDENTIAL).*
    | .*TOKEN(?!IZ).* | .*API_?KEY.*
    | (?!COM|BY|SUR|TRES|ENCOM).+PASS | .+(?:PW|PWD)
    | (?!MON|TUR|HOC|DON|JOC|WHIS|HOT|PUB).+KEYS?
    """,
    re.VERBOSE,
)
# What a last word makes of a name that would be a secret's: a place, a setting or a measure of the secret.
_HARMLESS_LAST = re.compile(
    r"""ADDR | ADDRESS | ALGORITHM | AUDIENCE | BACKEND | CERTRESOLVER | CIDR | COUNT | DAYS | DIR
    | DIRECTORY | DISABLED | DOMAINS? | DRIVER | ENABLED | ENCRYPTION | ENDPOINT | ENTRYPOINTS
    | EXPIRE | EXPIRES | EXPIRY | FILE | FOLDER | HEADER | HOSTNAMES? | HOSTS? | HOURS | ISSUER
    | LENGTH | LIMIT | MANAGER | MAX | MECHANISM | METHOD | MIDDLEWARES | MIN | MINUTES | MODE
    | NAMES? | NETWORK | ORIGINS? | PATH | PORT | PREFIX | PREFIXES | PROVIDER | REALM | REQUIRED
    | ROLE | ROUNDS | RULE | SCHEME | SECONDS | SERVER | SIZE | SOURCE | STORE | STRATEGY | SUBNET
    | TIMEOUT | TTL | TYPE | URIS? | URLS? | USERNAME | USERS? | VERSION
    """,
    re.VERBOSE,
)
_OF_FORM_LAST = re.compile(
    r"""COUNT | DAYS | DIR | DIRECTORY | DISABLED | ENABLED | ENDPOINT | EXPIRE | EXPIRES | EXPIRY | FILE
    | FOLDER | HOURS | LENGTH | LIMIT | MAX | MIN | MINUTES | PATH | PORT | ROUNDS | SECONDS | SIZE
    | STORE | TIMEOUT | TTL | URIS? | URLS? | VERSION
    """,
    re.VERBOSE,
)
_OF_WORDS_LAST = re.compile(
    r"""ACTIVE | APP | APPLICATION | ARCH | AUTHOR | AUTHORS | BASE | BRANCH | BUCKET | CHANNEL | CHARSET
    | CLASS | COLLATION | COLLECTION | COLOR | COLOUR | COMPANY | COMPRESSION | CONTAINER | DATABASE
    | DB | DEBUG | DESCRIPTION | DIALECT | DISTRO | ENCODING | ENGINE | ENV | ENVIRONMENT | FEATURES?
    | FLAGS | FORMAT | FORMATTER | FRONTEND | GROUP | HANDLER | IMAGE | INDEX | JOB | KIND | LABEL
    | LANG | LANGUAGE | LANGUAGES | LEVEL | LOCALE | LOG | LOGGER | LOGLEVEL | MAINTAINER | MODULES?
    | NAMESPACE | NETWORK | NODE | ORG | ORGANIZATION | OS | OWNER | PACKAGES? | PLATFORM | PLUGINS?
    | POLICY | PRIORITY | PROFILES? | PROJECT | PROTOCOL | QUEUES? | REGION | REPO | REPOSITORY | ROLE
    | SCHEMA | SCHEME | SENDER | SERVICES? | SET | SHELL | SITE | STAGE | STATUS | STORAGE | STRATEGY
    | STYLE | SUFFIX | TABLE | TEAM | THEME | TIMEZONE | TITLE | TOPICS? | TRANSPORT | TZ | UNIT
    | VENDOR | VHOST | ZONE
    """,
    re.VERBOSE,
)
_PUBLISHED_LAST = re.compile(r"BUILD|CHECKSUM|COMMIT|CREATED|DIGEST|IMAGE|RELEASE|REVISION|SHA|TAG|VERSION")
_OF_WHAT_IS_PUBLISHED = re.compile(
    r"ASSETS?|BUILD|BUNDLE|COMMIT|CONTENT|FILE|GIT|IMAGE|REF|SOURCE|SRC|TREE|VCS"
)
"""What a hash is of, if not of a password."""
_OF_PEOPLE = re.compile(r"ADMIN|HTPASSWD|LOGIN|OPERATOR|ROOT|USERS?")
"""Whose hash is that of a password."""
_OF_A_LIST = re.compile(r"CACHE|FOREIGN|GROUP|INDEX|LOOKUP|ORDER|PARTITION|PRIMARY|ROUTING|SHARD|SORT")
"""Which keys open nothing."""
_OF_A_LOCK = re.compile(r"ACCESS|ALARM|BACKUP|DOOR|INVITE|PASS|RECOVERY|SECURITY|UNLOCK")
"""Which codes open something."""
_PUBLIC_ID = re.compile(
    r"ACCOUNT|APP|APPLICATION|CLIENT|CLUSTER|DIRECTORY|GROUP|INSTANCE|NODE|ORG|ORGANI[SZ]ATION|PROJECT|SITE"
    r"|SUBSCRIPTION|TEAM|TENANT|WORKSPACE|ZONE"
)
"""What an id is of that its provider shows to everybody who may log in."""
_OF_MAIL_LAST = re.compile(r"(?:E?MAIL|FROM|TO|CC|BCC|SENDER|CONTACT|MAINTAINER|AUTHORS?|REPLYTO|ADDRESS)S?")


def names_a_secret(name: str) -> bool:
    """Return whether a variable is named like one that holds a secret, such as ``DB_PASSWORD`` or ``DBPASS``.

    Not so ``KEYBOARD`` or ``PUBLIC_KEY``, nor what is about a secret and is none (``TOKEN_FILE``).
    """
    words = _words(name)
    if not words or name in {"PWD", "OLDPWD"} or "PUBLIC" in words or _HARMLESS_LAST.fullmatch(words[-1]):
        return False
    before = "".join(words[-2:-1])
    if words[-1] in {"IN", "AFTER"} and re.match("EXPIR|VALID|RENEW|REFRESH", before):
        return False
    if promises_id(name) or (words[-1] == "KEY" and _OF_A_LIST.fullmatch(before)):
        return False
    if words[-1] in {"CODE", "CODES"} and _OF_A_LOCK.fullmatch(before):
        return True
    return any(map(_SECRET_WORD.fullmatch, words))


def names_a_login(name: str) -> bool:
    """Return whether what makes a name one of a secret is that it is about logging in, which has methods."""
    kinds = {word for word in _words(name) if _SECRET_WORD.fullmatch(word)}
    return kinds <= {"AUTH", "AUTHORIZATION", "COOKIE", "SIGNATURE", "SMTPAUTH", "HTTPAUTH", "PROXYAUTH"}


def names_a_user(name: str) -> bool:
    """Return whether a value is who logs in; some programs take the password behind it."""
    return _last(name) in {"LOGIN", "USER"}


def promises_words(name: str) -> bool:
    """Return whether the value of a variable of this name is a name or a setting, made of words."""
    *before, last = _words(name) or [""]
    if last == "KEY" and before and _OF_A_LIST.fullmatch(before[-1]):
        return True
    setting = _HARMLESS_LAST.fullmatch(last) and not _OF_FORM_LAST.fullmatch(last)
    return bool(last and (setting or _OF_WORDS_LAST.fullmatch(last)))


def promises_published(name: str) -> bool:
    """Return whether the value of a variable of this name is a version or a digest, which looks random."""
    *before, last = _words(name) or [""]
    if any(map(_OF_PEOPLE.fullmatch, before)):
        return False
    if last == "HASH":
        return not before or bool(_OF_WHAT_IS_PUBLISHED.fullmatch(before[-1]))
    return bool(_PUBLISHED_LAST.fullmatch(last))


def promises_id(name: str) -> bool:
    """Return whether the value of a variable of this name is an id that is no secret, such as a tenant's."""
    words = _words(name)
    return len(words) > 1 and words[-1] == "ID" and bool(_PUBLIC_ID.fullmatch(words[-2]))


def promises_license(name: str) -> bool:
    """Return whether the value of a variable of this name may be the name of a license; or a key for one."""
    return _last(name) in {"LICENSE", "LICENSES"}


def promises_rule(name: str) -> bool:
    """Return whether the value of a label of this name is a proxy's rule, or what it applies to requests."""
    return _last(name) in {"RULE", "MIDDLEWARES"}


def promises_mail(name: str) -> bool:
    """Return whether the value of a variable of this name is the address of a mailbox."""
    return any(map(_OF_MAIL_LAST.fullmatch, _words(name)[-1:]))


def _last(name: str) -> str:
    return next(iter(_words(name)[-1:]), "")


def _words(name: str) -> list[str]:
    if name.startswith("traefik."):
        # What stands before is what somebody called a router, such as ``auth``.
        name = name.rpartition(".")[2]
    parts = re.split(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", name)
    return [word.upper().rstrip("0123456789") for word in parts if word]
