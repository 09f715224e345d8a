"""A secret that is also a word of the stack: hidden as a value, readable in names, paths and commands."""

from __future__ import annotations

import base64
import json

from gonogo.deploy.redaction.redactor import MARK, Redactor, numbered
from gonogo.deploy.redaction.spared import words
from gonogo.deploy.release.resolved import read
from tests.unit.redaction.test_redactor import NASTY
from tests.unit.tables import every


def redactor() -> Redactor:
    found = Redactor(["paperless", NASTY, "other-Secret-1"])
    found.spare(["/srv/paperless", "paperless-ngx/paperless-ngx:2.1", "db"])
    return found


@every(
    "text",
    [
        "chmod 600 /srv/paperless/.env",
        "docker compose -p paperless --project-directory /srv/paperless up -d",
        "container paperless-webserver-1 of project paperless is unhealthy",
        "service: paperless",
        '{"project": "paperless", "image": "ghcr.io/paperless-ngx/paperless-ngx:2.1"}',
        "POSTGRES_DB=paperless POSTGRES_USER=paperless",
        "mongodump --db paperless --username paperless",
        "SECRET_PATH=/srv/paperless/x PASSWORD_FILE=paperless.txt",
        "PASSWORD=paperless-and-more",
        "postgres://paperless@db/paperless",
    ],
)
def test_it_stays_in_names_paths_and_commands(text):
    assert redactor()(text) == text


@every(
    "text",
    [
        "POSTGRES_PASSWORD=paperless",
        "PAPERLESS_DBPASS: 'paperless'",
        '{"DB_PASSWORD": "paperless"}',
        '"{\\"DB_PASSWORD\\": \\"paperless\\"}"',
        "redis-server --requirepass paperless",
        "['redis-server', '--requirepass', 'paperless']",
        "--db-password=paperless --x",
        "postgres://paperless:paperless@db/paperless",
        "the password paperless was refused",
    ],
)
def test_it_is_hidden_as_a_value(text):
    hidden = redactor()(text)
    assert hidden.count(MARK) == 1
    assert hidden.count("paperless") == text.count("paperless") - 1
    assert redactor()(hidden) == hidden


@every("value", ["docker", "compose", "rollback", "paper", "shop-api", "deploy", "DB_PASSWORD", "srv/paper"])
def test_a_printed_command_can_be_typed_whatever_the_password_is(value):
    hide = Redactor([value])
    hide.spare(["/srv/paperless", "shop-api", "ssh://deploy@host", "DB_PASSWORD"])
    command = "ssh deploy@host 'cd /srv/paperless && docker compose -p shop restart shop-api-1 # DB_PASSWORD'"
    assert hide(command) == command
    assert hide("gonogo rollback shop") == "gonogo rollback shop"
    assert hide(f"DB_PASSWORD={value}") == f"DB_PASSWORD={MARK}"
    assert hide(f"redis://:{value}@cache") == f"redis://:{MARK}@cache"


def test_it_is_hidden_in_base64_and_other_values_as_ever():
    code = base64.b64encode(b"user:paperless").decode()
    assert MARK in redactor()(f"Authorization: Basic {code}")
    assert redactor()(f"/srv/paperless {NASTY} other-Secret-1") == f"/srv/paperless {MARK} {MARK}"


def test_recordings_number_it_as_a_value_only():
    assert numbered(redactor(), "/srv/paperless PASSWORD=paperless") == "/srv/paperless PASSWORD=redacted-1"


def test_words_are_whole_and_in_parts():
    assert words(["ghcr.io/paperless-ngx/web_1:2"]) >= {
        "ghcr.io",
        "paperless-ngx",
        "paperless",
        "web_1",
        "web",
    }


def test_a_resolved_model_spares_its_names():
    redact = Redactor()
    services = {
        "paperless": {
            "image": "x/paperless",
            "environment": {"DB_PASSWORD": "paperless", "API_KEY": "Correct-Horse-77"},
        }
    }
    read(json.dumps({"name": "shop", "services": services}), "", redact)
    assert redact("paperless: DB_PASSWORD=paperless Correct-Horse-77") == (
        f"paperless: DB_PASSWORD={MARK} {MARK}"
    )
