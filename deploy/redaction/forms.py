"""Forms of values that are no secret under a name that promises none: numbers, switches, paths, hosts."""

from __future__ import annotations

import re

_CAMEL = r"[A-Z]?[a-z]{1,16}(?:[A-Z][a-z]{1,16}){0,3}"
_PART = (
    rf"(?:(?:{_CAMEL}|[A-Z]{{1,16}})\d{{0,4}}|(?:ed25519|x25519)|\d{{1,8}}|[a-z]{{1,3}}\d{{1,4}}[a-z]{{1,4}})"
)
_WORDY = re.compile(rf"[@.~_]?{_PART}(?:[-_.+ ]{{1,2}}{_PART}){{0,12}}(?:[-_.]|:\*)?")
"""Words, versions and short numbers; a random token hardly ever is a row of these."""
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,40}[a-z0-9])?"
_PORT = r"(?::\d{1,5})?"
_SWITCH = re.compile(
    r"""1 | 0 | true | false | yes | no | on | off | y | n | none | null | nil | auto | automatic | enabled?
    | disabled? | always | never | default | required | optional | prefer(?:red)? | all | any | allow | deny
    | verify-(?:full|ca)
    | debug | info | warn(?:ing)? | errors? | trace | fatal | critical | notice | verbose | silent | quiet
    | prod(?:uction)? | dev(?:elopment)? | staging | stage | test(?:ing)? | local | demo | live | release
    | json | text | plain | pretty | logfmt | ya?ml | xml | html | csv | utf-?8(?:mb4)? | ascii | latin1
    | tcp | udp | https? | wss? | ssl | tls | starttls | smtps? | grpc | amqp | localhost | loopback
    | redis | mongo(?:db)? | postgres(?:ql)? | mysql | mariadb | sqlite3? | rabbitmq | kafka | elasticsearch
    | memory | files? | filesystem | disk | s3 | minio | stdout | stderr | console | syslog | journald
    | standalone | cluster | sentinel | replica | replicaset | primary | secondary | master | main | majority
    | workers? | web | api | app | server | client | scheduler | admin | root | user | guest | nobody
    | public | private | internal | external | read | write | rw | ro | readonly | strict | lax | simple
    | bridge | host | overlay | no-new-privileges | unless-stopped | on-failure | noeviction | everysec
    | (?:allkeys|volatile)-(?:lru|lfu|random|ttl) | snapshot | async | sync | basic | oauth2? | ldap | saml
    | asc | desc | left | right | light | dark | en | de | fr | linux | amd64 | arm64 | \*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FORMS = re.compile(
    rf"""
      [+-]?\d{{1,9}}(?:[.,]\d{{1,9}})?\s?(?:%|[kmgt]i?b?|[kmg]?bps|ns|us|ms|[smhdwyb])? # a number, a measure
    | (?:\d{{1,6}}(?:ns|us|ms|[smhdwy])){{1,5}}                                         # a duration
    | \d{{1,6}}\ (?:second|minute|hour|day|week|month|year)s?
    | v?\d{{1,5}}(?:\.\d{{1,5}}){{1,3}}(?:[-+~.]?[a-z]{{1,12}}\.?\d{{0,8}}){{0,4}}         # a version
    | \d{{4}}-\d\d-\d\d(?:[T ][\d:.,]{{5,18}}(?:Z|[+-][\d:]{{4,6}})?)?                    # a date
    | [0-9a-f]{{6,12}}-\d{{8}}-\d{{6}}(?:-dirty)?                                       # a release
    | \d{{1,3}}(?:\.\d{{1,3}}){{3}}(?:/\d{{1,2}}|{_PORT})                               # an address
    | \[?(?:[0-9a-f]{{0,4}}:){{2,7}}[0-9a-f]{{0,4}}\]?{_PORT}
    | (?:\*\.|\.)?(?:{_LABEL}\.){{1,6}}[a-z]{{2,16}}\.?{_PORT} | (?:{_LABEL}|\*):\d{{2,5}}  # a host; an image
    | (?:{_LABEL}\.)+{_LABEL}{_PORT}(?:/{_LABEL}(?:[._][a-z0-9_]+)*)+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{{64}})?
    | (?:sha256:)[0-9a-f]{{12,64}} | (?:(?:dc|ou|cn|o|uid)=[\w. -]{{1,40}},?){{1,10}}
    | [A-Z_]{{1,20}}:(?:PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)
    | (?:[a-z]{{2,3}}[-_][A-Z]{{2}}|C|POSIX|[a-z]{{2}})(?:\.UTF-?8)?                      # a locale
    | (?:[\d*/,-]+\ ){{4}}[\d*/,-]+ | @(?:hourly|daily|weekly|monthly)                 # a schedule
    | --?[A-Za-z][A-Za-z0-9-]{{0,40}} | -XX:[+-][A-Za-z]\w{{1,60}}                     # an option
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PATH = re.compile(r"[^\s;,?&=\"'`$(){}<>|\\]*")
_MAIL = re.compile(rf"[\w.+-]{{1,64}}@(?:{_LABEL}\.)*{_LABEL}")
_NAMED_MAIL = re.compile(r"(?P<name>[^<>]{0,60}?)\s*<(?P<mail>[^<>\s]+)>")
_PUBLISHED = re.compile(r"[\w.+~:/@-]{1,130}")
_CALL = re.compile(r"!?\s*(?P<matcher>[A-Z][A-Za-z]{1,24})\((?P<given>\s*`[^`]*`(?:\s*,\s*`[^`]*`)*\s*)\)")
"""A matcher of Traefik."""
_ID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,20}|[0-9a-f]{8,32}")
_LICENSE = re.compile(
    r"""\(?\s*(?:MIT|ISC|Zlib|Unlicense|Proprietary|(?:Apache|MPL|BUSL|SSPL|EPL|Artistic)-\d\.\d
      |[AL]?GPL-?v?\d(?:\.\d)?\+?(?:-only|-or-later)?|BSD-\d-Clause|CC0?-[\w.-]+)\s*\)?
    """,
    re.VERBOSE,
)
"""Names of licenses, as https://spdx.org/licenses/ has them."""
_TOKEN = re.compile(
    r"""(?:gh[oprsu]|github_pat|glpat|gldt|glrt|xox[abposr]|dop_v1|shp(?:at|ca|ss)|hv[sbr])[_.-]\w.*
      | (?:[spr]k|hf|npm|pypi)[_-][\w-]{16,} | A(?:KIA|SIA)[0-9A-Z]{12,} | eyJ[\w-]{8,}\..* | AIza[\w-]{20,}
      | SG\.[\w-]{16,}.*
    """,
    re.VERBOSE,
)
"""How the tokens of services begin that mark them."""


def is_wordy(text: str) -> bool:
    """Return whether a text is a name, made of words and short numbers, or nothing."""
    bare = text.replace("\0", "")
    return not bare.strip("-_.:@~ ") or bool(_WORDY.fullmatch(bare))


def is_switch(text: str) -> bool:
    """Return whether a text is a word that settings have, such as ``true``, ``debug`` or ``production``."""
    return bool(_SWITCH.fullmatch(text))


def has_form(text: str) -> bool:
    """Return whether a text is a number, a switch, a path, a host, a version, a date or an option."""
    return is_switch(text) or bool(_FORMS.fullmatch(text)) or _is_path(text)


def is_mail(text: str) -> bool:
    """Return whether a text is the address of a mailbox."""
    named = _NAMED_MAIL.fullmatch(text)
    if named and is_wordy(named["name"].strip("\"'")):
        text = named["mail"]
    return bool(_MAIL.fullmatch(text))


def is_published(text: str) -> bool:
    """Return whether a text can be a version, a digest or an image."""
    return bool(_PUBLISHED.fullmatch(text)) and not is_token(text)


def is_token(text: str) -> bool:
    """Return whether a text begins as the tokens of a service do, which no name makes harmless."""
    return bool(_TOKEN.fullmatch(text))


def is_id(text: str) -> bool:
    """Return whether a text is a number, a UUID, or up to 32 hexadecimal digits."""
    return bool(_ID.fullmatch(text))


def is_license(text: str) -> bool:
    """Return whether a text names licenses, one or several."""
    return all(map(_LICENSE.fullmatch, re.split(r"\s+(?:AND|OR|WITH)\s+|,\s*", text)))


def is_rule(text: str) -> bool:
    """Return whether a text is a rule of a proxy by hosts and paths, or names its middlewares.

    What a rule says of headers and queries may be a key.
    """
    if re.fullmatch(r"[\w-]+@(?:docker|file|internal|swarm)", text):
        return True

    def without(one: re.Match[str]) -> str:
        given = re.findall(r"`([^`]*)`", one["given"])
        known = re.match(r"Host|Path|Method|Client", one["matcher"])
        return "" if known and all(has_form(part) or is_wordy(part.strip("/")) for part in given) else one[0]

    return not re.sub(r"[\s()&|!]+", "", _CALL.sub(without, text))


def _is_path(text: str) -> bool:
    paths = text.split(":")
    return all("/" in path and _PATH.fullmatch(path) for path in paths) and all(
        is_wordy(part) or part in {"*", "**"} for path in paths for part in path.split("/")
    )
