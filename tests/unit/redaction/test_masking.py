"""What of an environment may be written to a file."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.redaction.masking import concealed, masked
from tests.unit.tables import every


@every(
    "value",
    [
        "",
        " ",
        "production",
        "www.example.com",
        "8001",
        "0.5",
        "256m",
        "127.0.0.1",
        "/srv/chat/data",
        "redis:6379",
        "http://api:8001/v1",
        "Europe/Berlin",
        "--max-old-space-size=4096",
        "CHANGE_ME",
        "your-key-here",
    ],
)
def test_plain_values_stay_readable(value):
    assert concealed("ANYTHING", value) == value


@every(
    "name, value",
    [
        ("DB_PASSWORD", "admin"),
        ("DB_PASSWORD", "123"),
        ("ANYTHING", "hunter2"),
        ("ANYTHING", "p4ss!word"),
        ("ANYTHING", "sk-9fK2mQ7vX1"),
        ("ANYTHING", "a b c!"),
    ],
)
def test_what_could_be_a_password_is_masked_under_any_name(name, value):
    assert concealed(name, value) == masked(value)


def test_passwords_in_urls_are_masked_as_they_are_decoded():
    assert concealed("URL", "postgres://me:p%40ss@db/x") == f"postgres://me:{masked('p@ss')}@db/x"
    assert concealed("URLS", "a://x:1@y, b://x:1@z").count(masked("1")) == 2


@settings(max_examples=100)
@given(value=st.text(min_size=6, max_size=40).filter(lambda text: not text.isalnum() and text.strip()))
def test_masking_twice_is_masking_once_and_says_nothing(value):
    secret = f"x9{value}!"
    once = concealed("API_TOKEN", secret)
    assert secret not in once
    assert once == masked(secret)
