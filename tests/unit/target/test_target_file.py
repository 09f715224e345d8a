"""The content of a target file: each fault in exactly one sentence, and no error but a UsageError."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.errors import UsageError
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse
from tests.unit.tables import every

FILE = Path("/targets/demo.toml")
BASE = {"host": "web", "path": "/srv/chat", "compose_files": ["compose.yml"], "project": "chat"}
WAIVER = {"check": "git.clean", "reason": "known to all", "until": datetime.date(2026, 12, 31)}
MONGODB = {"service": "mongodb", "database": "chat"}
ONE_WAY = (
    "service and uri_variable: give the first for a MongoDB of the stack, or the second for one whose "
    "connection string, with its login, is in the env file"
)
ABSOLUTE = "expected an absolute path on the target, not / itself and without .."
PROJECT = (
    "expected lower-case letters, digits, dashes and underscores, the first a letter or digit "
    "(Compose's rule for project names)"
)
HOSTS = "expected ssh://user@host:port, a Host alias of ssh_config, or local"
LOGIN = "holds a login, which a target file must not: use an endpoint that needs none"
PASSWORD = "host holds a password, which ssh does not take there: remove it and use a key"
URL = "expected http://host:port/path or https://…, as seen from the target"
SCALAR = (
    "expected text, a number, true or false; a key inside an object is named with dots, in quotes: "
    '"checks.database"'
)
DATE = "expected a date such as 2026-12-31, without quotes"
TOP = ", ".join(name for name in Target.model_fields if name != "file")


def fault(**changed) -> str:
    """What is said of a good target with some keys changed; ``...`` leaves a key out."""
    raw = {key: value for key, value in {**BASE, **changed}.items() if value is not ...}
    with pytest.raises(UsageError) as caught:
        parse(raw, FILE)
    assert caught.value.exit_code == 2
    return str(caught.value)


def health(url: str = "http://h/", **keys) -> list[dict]:
    return [{"url": url, **keys}]


FAULTS = [
    ({"pahts": 1}, "`pahts` is not known; did you mean `path`?"),
    ({"zzz": 1}, f"`zzz` is not known; known there: {TOP}"),
    ({"file": "x"}, "`file` is not known; did you mean `profiles`?"),
    ({"a.b\nc": 1}, f"`'a.b\\nc'` is not known; known there: {TOP}"),
    ({"thresholds": {"disk_free": 1}}, "`thresholds.disk_free` is not known; did you mean `disk_free_gb`?"),
    ({"health": health(latency=5)}, "`health[0].latency` is not known; did you mean `latency_ms`?"),
    (
        {"health": health(expect={})},
        "`health[0].expect` is not known; known there: url, status, json, latency_ms, timeout_s, consecutive",
    ),
    ({"mongodb": {**MONGODB, "servise": 1}}, "`mongodb.servise` is not known; did you mean `service`?"),
    ({"ssh": {"qqq": 1}}, "`ssh.qqq` is not known; known there: config_file"),
    ({"host": ...}, "`host` is missing: add it (`gonogo targets --example` explains every key)"),
    (
        {"mongodb": {"service": "m"}},
        "`mongodb.database` is missing: add it (`gonogo targets --example` explains every key)",
    ),
    ({"health": [{}]}, "`health[0].url` is missing: add it (`gonogo targets --example` explains every key)"),
    ({"project": 5}, "`project` is 5: expected text in quotes"),
    ({"host": 5}, "`host` is 5: expected text in quotes"),
    ({"path": 5}, "`path` is 5: expected a usable path, in quotes"),
    ({"source": 5}, "`source` is 5: expected a usable path, in quotes"),
    ({"source": "\0"}, "`source` is '\\x00': expected a usable path, in quotes"),
    (
        {"ssh": {"config_file": 5}},
        "`ssh.config_file` is 5: expected a usable path, in quotes",
    ),
    ({"ssh": 5}, "`ssh` is 5: expected a table of keys and values"),
    ({"compose_files": "compose.yml"}, "`compose_files` is 'compose.yml': expected a list"),
    ({"health": health()[0]}, "`health` is {'url': 'http://h/'}: expected a list"),
    ({"git": {"clean": 1}}, "`git.clean` is 1: expected true or false"),
    ({"health": health(status="200")}, "`health[0].status` is '200': expected a whole number"),
    ({"thresholds": {"disk_free_gb": "2"}}, "`thresholds.disk_free_gb` is '2': expected a number"),
    ({"thresholds": {"disk_free_gb": True}}, "`thresholds.disk_free_gb` is True: expected a number"),
    (
        {"mongodb": {**MONGODB, "collections": 1}},
        "`mongodb.collections` is 1: expected a table of keys and values",
    ),
    (
        {"thresholds": {"disk_free_gb": -1}},
        "`thresholds.disk_free_gb` is -1: expected greater than or equal to 0",
    ),
    (
        {"thresholds": {"command_timeout_s": float("inf")}},
        "`thresholds.command_timeout_s` is inf: expected a finite number",
    ),
    ({"health": health(status=99)}, "`health[0].status` is 99: expected greater than or equal to 100"),
    ({"health": health(json={"a": [1]})}, f"`health[0].json.a` is [1]: {SCALAR}"),
    ({"health": health(json={"a": {"b": 1}})}, f"`health[0].json.a` is {{'b': 1}}: {SCALAR}"),
    ({"mongodb": {**MONGODB, "service": ""}}, "`mongodb.service` is '': expected some text"),
    ({"mongodb": {"database": "chat"}}, f"`mongodb`: holds neither {ONE_WAY}"),
    ({"mongodb": {**MONGODB, "uri_variable": "MONGODB_URI"}}, f"`mongodb`: holds both {ONE_WAY}"),
    (
        {"mongodb": {"database": "chat", "uri_variable": "mongodb://u:p@h"}},
        "`mongodb.uri_variable` is 'mongodb://…@h': expected the name of an environment variable",
    ),
    (
        {"mongodb": {**MONGODB, "collections": {"users": "fixed"}}},
        "`mongodb.collections.users` is 'fixed': expected 'append-only', 'mutable' or 'volatile'",
    ),
    (
        {"environment": {"required": ["A-B"]}},
        "`environment.required[0]` is 'A-B': expected the name of an environment variable",
    ),
    ({"path": "/"}, f"`path` is '/': {ABSOLUTE}"),
    ({"path": "//"}, f"`path` is '//': {ABSOLUTE}"),
    ({"path": "srv/chat"}, f"`path` is 'srv/chat': {ABSOLUTE}"),
    ({"path": "/srv/../etc"}, f"`path` is '/srv/../etc': {ABSOLUTE}"),
    ({"path": "/srv/a\nb"}, f"`path` is '/srv/a\\nb': {ABSOLUTE}"),
    ({"backup": {"folder": "/"}}, f"`backup.folder` is '/': {ABSOLUTE}"),
    (
        {"env_file": "envs/"},
        "`env_file` is 'envs/': expected the path of a file on the target, absolute or relative to `path`",
    ),
    (
        {"mongodb": {"service": "m", "database": "d", "tls_ca_file": "../ca"}},
        "`mongodb.tls_ca_file` is '../ca': expected a path on the target without .., absolute or relative to "
        "`path`",
    ),
    ({"name": "Demo"}, "`name` is 'Demo': expected lower-case letters, digits, dots, dashes and underscores"),
    ({"project": "Chat"}, f"`project` is 'Chat': {PROJECT}"),
    ({"project": "-chat"}, f"`project` is '-chat': {PROJECT}"),
    ({"compose_files": []}, "`compose_files` is []: expected at least one entry"),
    (
        {"compose_files": ["-"]},
        "`compose_files[0]` is '-': expected the path of a Compose file, relative to `source`",
    ),
    ({"method": "scp"}, "`method` is 'scp': expected 'tar', 'registry' or 'on-server'"),
    ({"method": "on-server"}, "`method` is on-server, and there is no table [on_server] that names a clone"),
    ({"method": "registry"}, "`method` is registry, and there is no table [registry] that names one"),
    (
        {"registry": {"host": "r.example.com", "username_variable": "U"}},
        "`registry`: holds half a login: give both username_variable and password_variable, or none",
    ),
    (
        {"registry": {"host": "r.example.com:65536"}},
        "`registry.host` is 'r.example.com:65536': expected host or host:port of a registry, as it stands "
        "before image names",
    ),
    (
        {"tls": {"hosts": ["h:0"]}},
        "`tls.hosts[0]` is 'h:0': expected host or host:port; 443 is the port where none is given",
    ),
    ({"host": "a b"}, f"`host`: host 'a b' is not a host: {HOSTS}"),
    ({"host": "-oProxyCommand=x"}, f"`host`: host '-oProxyCommand=x' is not a host: {HOSTS}"),
    ({"health": health("ftp://h/")}, f"`health[0].url` is 'ftp://h/': {URL}"),
    ({"health": health("http://h:99999/")}, f"`health[0].url` is 'http://h:99999/': {URL}"),
    ({"health": health("http://[h/")}, f"`health[0].url` is 'http://[h/': {URL}"),
    ({"waivers": [WAIVER, WAIVER]}, "waivers name git.clean more than once: keep one of them"),
    ({"waivers": [{**WAIVER, "until": "2026-12-31"}]}, f"`waivers[0].until` is '2026-12-31': {DATE}"),
    (
        {"waivers": [{**WAIVER, "until": datetime.datetime(2026, 12, 31)}]},
        f"`waivers[0].until` is datetime.datetime(2026, 12, 31, 0, 0): {DATE}",
    ),
    (
        {"waivers": [{**WAIVER, "check": "x"}]},
        "`waivers[0].check` is 'x': expected the id of a check, such as ports.free",
    ),
    ({"waivers": [{**WAIVER, "reason": "so"}]}, "`waivers[0].reason` is 'so': expected 8 letters or more"),
]


@every("changed, sentence", FAULTS)
def test_a_fault_is_one_sentence(changed, sentence):
    told = fault(**changed)
    assert told == f"{FILE}: {sentence}"
    assert "\n" not in told


@every(
    "changed, sentence",
    [
        ({"health": health("http://me:hunter2@h/")}, f"`health[0].url`: {LOGIN}"),
        ({"health": health("http://hunter2@h/")}, f"`health[0].url`: {LOGIN}"),
        ({"health": health("http://me:hunter2@[h/")}, f"`health[0].url`: {LOGIN}"),
        ({"health": health("http://me:a/hunter2@h/")}, f"`health[0].url` is 'http://…@h/': {URL}"),
        ({"health": f"http://me:{'x' * 70}hunter2@h/"}, "`health` is 'http://…@h/': expected a list"),
        ({"host": "ssh://me:hunter2@h"}, f"`host`: {PASSWORD}"),
        ({"host": "ssh://me:hunter2@h:port"}, f"`host`: {PASSWORD}"),
        ({"host": "me:hunter2@h"}, f"`host`: {PASSWORD}"),
    ],
)
def test_a_login_is_refused_and_not_repeated(changed, sentence):
    told = fault(**changed)
    assert told == f"{FILE}: {sentence}"
    assert "hunter2" not in told


def test_several_faults_are_all_told_each_once():
    told = fault(host=..., project="Chat", file="x", health=[{"url": "http://h/", "sttus": 1}])
    assert sorted(told.splitlines()) == [
        f"{FILE}: `file` is not known; did you mean `profiles`?",
        f"{FILE}: `health[0].sttus` is not known; did you mean `status`?",
        f"{FILE}: `host` is missing: add it (`gonogo targets --example` explains every key)",
        f"{FILE}: `project` is 'Chat': {PROJECT}",
    ]


@every("host", ["local", "web", "me@web", "ssh://me@web:2222", "ssh://[::1]:22", "me@[::1]"])
def test_the_ways_to_name_a_host(host):
    assert parse({**BASE, "host": host}, FILE).host == host


keys = st.sampled_from(
    [*Target.model_fields, "url", "json", "service", "folder", "check", "until", "x.y"]
) | st.text(max_size=3)
texts = st.text(max_size=6) | st.sampled_from(["/srv/x", "local", "http://a:b@[c", "~x", "ssh://:1"])
times = st.dates() | st.datetimes() | st.times()
scalars = st.booleans() | st.integers() | st.floats() | texts | times
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40)
@given(base=st.sampled_from([{}, BASE]), raw=st.dictionaries(keys, values, max_size=4))
def test_any_content_gives_a_target_or_a_usage_error(base, raw):
    try:
        target = parse({**base, **raw}, FILE)
    except UsageError as error:
        assert all(line.startswith(f"{FILE}: ") for line in str(error).split("\n"))
    else:
        assert isinstance(target, Target)
