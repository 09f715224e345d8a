"""Which values of an environment are taken for secrets, and which stay readable."""

from __future__ import annotations

from gonogo.deploy.redaction.secret_names import names_a_secret
from gonogo.deploy.redaction.secret_values import command_values, looks_secret, secret_values
from tests.unit.tables import every

SECRET_NAMES = """
    DBPASS PASSCODE STRIPE_SK LDAP_BINDPW SECRETKEYBASE MASTERKEY GITHUB_PAT SMTPPASS1 SESSION_COOKIE
    DB_PASSWORD MYSQL_PWD PGPASSWORD api-key apiKey JWT_SECRET SECRET_KEY_BASE AUTH_TOKEN_2 PASSWORD1
    SENTRY_DSN VAULT_SECRET_ID PASSWORD_SALT SSH_PRIVATE_KEY WEBHOOK_SIGNATURE GOOGLE_CREDENTIALS BASIC_AUTH
"""
OTHER_NAMES = """
    KEYBOARD MONKEY PUBLIC_KEY PUBLIC_KEY_PATH DB_PASSWORD_FILE TOKEN_PATH AUTHOR COMPASS BYPASS_CACHE PWD
    TOKENIZER HOTKEY OLDPWD MONGO_AUTH_SOURCE TOKEN_TTL KEY_PREFIX PASSPORT
"""


@every("name", SECRET_NAMES.split())
def test_values_of_names_like_a_secret_are_secret(name: str) -> None:
    assert secret_values({name: " hunter two "}) == ["hunter two"]


@every("name", OTHER_NAMES.split())
def test_values_of_other_names_are_not(name: str) -> None:
    assert not names_a_secret(name)


@every("value", ["true", "False", "none", "root", "admin", "localhost", "8080", "12345", "", "  "])
def test_common_words_and_short_numbers_are_never_secret(value: str) -> None:
    assert secret_values({"PASSWORD": value, "URL": f"redis://u:{value.strip()}@h"}) == []


@every(
    "url, expected",
    [
        ("mongodb://u:hunter2@db:27017/x?authSource=admin", ["hunter2"]),
        ("postgresql+psycopg://u:p%40s%2Fs@db/x", ["p%40s%2Fs", "p@s/s"]),
        ("redis://:hunter2@redis:6380/0", ["hunter2"]),
        ("mongodb://u:p@ss/w#rd@db/x", ["p@ss/w#rd", "p"]),
        ("mongodb://u:my pass@a:1,b:2/x", ["my pass"]),
        ("http://u:first1@h, http://u:second2@h", ["first1", "second2"]),
        ("https://host:8080/@me", []),
        ("https://example.org/a?b=c", []),
        ("host=db password=hunter2 user=u", ["hunter2"]),
        ("Pwd=h%212unt;Db=x", ["h%212unt", "h!2unt"]),
    ],
)
def test_the_password_of_a_url_or_connection_string_is_secret(url: str, expected: list[str]) -> None:
    assert secret_values({"DATABASE_URL": url}) == expected


@every(
    "value",
    [
        "q8Zr2LmX0vTnB5yKc7WdE1",
        "4f9c2b7e1a6d8035f4c2b7e1a6d80359",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN",
        "k3J/9sL+Qw7Zr2LmX0vTnB5yKc7=",
        "github_pat_11ABCDEFG0abcdefghijkl",
    ],
)
def test_what_looks_random_is_secret_whatever_its_name(value: str) -> None:
    assert secret_values({"SOMETHING": value}) == [value]


@every(
    "value",
    [
        "/var/lib/docker/volumes/data2",
        "https://api.example.org/v2/items",
        "mongodb-2.internal.example.org:27017",
        "registry.example.org:5000/team/app:v1.2.3-20261124",
        "sha256:4f9c2b7e1a6d8035f4c2b7e1a6d80359",
        "ce8062b-20261124-040559-dirty",
        "a1.example.org:1,a2.example.org:2",
        '{"level":"info","n":100000000}',
        "2026-11-24T04:05:59.123456Z",
        "data/uploads/v2/images/2024",
    ],
)
def test_paths_hosts_images_versions_and_words_are_not(value: str) -> None:
    assert secret_values({"SOMETHING": value}) == []


def test_a_commit_is_no_secret_though_it_looks_random() -> None:
    assert secret_values({"GIT_SHA": "4f9c2b7e1a6d8035f4c2b7e1a6d80359aabbccdd"}) == []


def test_what_is_not_harmless_is_secret_under_any_name_but_for_words() -> None:
    words = {
        "MOOD": "fishy",
        "DDL_AUTO": "validate",
        "RESOLVER": "letsencrypt",
        "WSGI": "app.wsgi:application",
    }
    assert not {*words.values(), "application"} & {*secret_values(words)} - {"app.wsgi:application"}
    assert secret_values({"NOTE": "correct horse", "B": "swordfish9"}) == ["correct horse", "swordfish9"]
    assert secret_values({"B_PASSWORD": "swordfish"}) == ["swordfish"]
    assert secret_values({"A": "ada:hunter2"}) == ["hunter2", "ada:hunter2"]
    assert "hunter2" in secret_values({"A": '{"b": ["hunter2"]}'})
    assert "hunter2" in secret_values({"A": "[db]\nuser = ada\npassword = hunter2\n"})
    assert command_values(["--token", "a%20b"]) == ["a%20b", "a b"]


def test_an_example_with_words_holds_no_real_secret() -> None:
    assert looks_secret("NOTE", "correct horse") == []
    assert looks_secret("DB_PASSWORD", "correct horse") == ["correct horse"]
    assert looks_secret("URL", "redis://:hunter2@cache") == ["hunter2"]
    assert looks_secret("X", "q8Zr2LmX0vTnB5yKc7WdE1") == ["q8Zr2LmX0vTnB5yKc7WdE1"]


@every(
    "name, value, part",
    [
        ("DATABASE_DSN", "postgres://app:swordfish9@db:5432/app", "swordfish9"),
        ("AUTH_SETTINGS", "user=ada;password=swordfish9", "swordfish9"),
        ("COMPOSER_AUTH", '{"github-oauth": {"github.com": "swordfish9"}}', "swordfish9"),
        ("BASIC_AUTH", "ada:swordfish9", "swordfish9"),
        ("USERS", "ada:swordfish9,bob:batteryst4ple", "swordfish9"),
        ("DATABASE", "app:swordfish9@tcp(db:3306)/app", "swordfish9"),
        ("REPOSITORY", "rest:https://ada:swordfish9@backup:8000/repo", "swordfish9"),
    ],
)
def test_what_is_secret_within_a_secret_is_known_by_itself(name: str, value: str, part: str) -> None:
    found = secret_values({name: value})
    assert part in found
    assert not {"postgres", "ada", "db", "tcp", "user", "github.com"} & set(found)


def test_within_a_value_of_many_urls_nothing_is_looked_for_in_each_other() -> None:
    assert secret_values({"TEXT": "^^ https://ada:swordfish9@db/x " * 3000})
