"""Which values are placeholders, and which everybody would guess."""

from __future__ import annotations

import pytest

from gonogo.deploy.redaction.weak_secrets import is_placeholder, weakness
from tests.unit.tables import every


@every(
    "value",
    [
        "changeme",
        "CHANGE_ME",
        "change-this-please",
        " change it ",
        "your-api-key",
        "<password>",
        "[your key]",
        "{{ secret }}",
        "xxx",
        "XXXXXXXX",
        "...",
        "TODO",
        "TODO: ask",
        "FIXME",
        "replace_me",
        "replace-with-a-key",
        "example",
        "my_placeholder",
        "dummy-token",
        "put-the-key-here",
        "Hunter2",
        "changeme1!",
        "CHANGE_ME_STRONG_PASSWORD",
        "super_secret_change_me",
        "changeEncryptionKey",
        "pleaseChangeMe",
        "postgres://app:CHANGE_ME@db/x",
    ],
)
def test_placeholders(value: str) -> None:
    assert is_placeholder(value, ["hunter2"])


@every(
    "value",
    [
        "",
        "s3cr3t",
        "exchange",
        "example.org",
        "todo",
        "todo-app",
        '["http://localhost"]',
        "[]",
        "[1, 2]",
        "xx",
        "there",
        "<",
        "unchanged",
        "yours",
        "hunter22",
        "changement",
        "exchangeme",
        "interchange-it",
        "changeitem",
        "changeStreams",
    ],
)
def test_values_that_are_none(value: str) -> None:
    assert not is_placeholder(value, ["hunter2"])


@every(
    "name, value",
    [
        ("POSTGRES_DB", "example"),
        ("HINT", "click here"),
        ("HINT", "Please change this"),
        ("LOCALE", "[en]"),
        ("SLOGAN", "own-your-data"),
        ("GREETING", "<b>Hello</b>"),
        ("LOG_FORMAT", "{{.Name}}"),
        ("DOTS", "..."),
    ],
)
def test_texts_and_settings_are_no_placeholders(name: str, value: str) -> None:
    assert not is_placeholder(value, name=name)


@every(
    "name, value",
    [
        ("CLIENT_ID", "example"),
        ("API_KEY", "[your key]"),
        ("DB_PASSWORD", "change it"),
        ("HOST", "your.domain.tld"),
        ("DOMAIN", "<your domain>"),
        ("ANY", "CHANGE_ME"),
    ],
)
def test_placeholders_by_the_name_of_their_variable(name: str, value: str) -> None:
    assert is_placeholder(value, name=name)


@every(
    "value",
    [
        "admin",
        "Password",
        "password123",
        "secret",
        "123456",
        "12345678",
        "qwerty",
        "rootpassword",
    ],
)
def test_values_that_everybody_knows(value):
    assert "default value" in weakness("DB_PASSWORD", value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DB_PASSWORD", "k3!xQ9z", "fewer than 8"),
        ("JWT_SECRET", "zzzzzzzzzzzz", "one character repeated"),
        ("SESSION_SECRET", "session_secret", "its own name"),
    ],
)
def test_values_that_are_guessed(name, value, says):
    assert says in weakness(name, value)


@every(
    "name, value",
    [
        ("DB_PASSWORD", "k3!xQ9zW"),
        ("DB_PASSWORD", "correct horse battery"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "CHANGE_ME"),
        ("DB_USER", "admin"),
        ("USE_AUTH", "true"),
        ("SORT_KEY", "name"),
        ("MODE", "test"),
    ],
)
def test_values_that_are_fine_or_of_another_check(name, value):
    assert weakness(name, value) == ""
