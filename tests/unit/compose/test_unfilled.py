"""Variables that nobody has filled in, and where they are to be corrected."""

from __future__ import annotations

from gonogo.deploy.compose.unfilled import Allowed, as_written, unfilled
from tests.unit.tables import every


def found(environment, given=None, required=(), allowed=None, resolved=None, **more):
    raw = {"services": {"web": {"environment": environment, **more}}}
    environments = {"web": resolved} if resolved is not None else as_written(raw, given or {})
    return unfilled(raw, given or {}, required, environments, allowed or Allowed())


@every(
    "use, fine",
    [
        ("${X}", False),
        ("$X", False),
        ("a-${X}-b", False),
        ("${X?}", False),
        ("${X-word}", False),
        ("${X-${Y}}", False),
        ("${X-}", True),
        ("${X:-}", True),
        ("${X:-word}", True),
        ("${X:+word}", True),
        ("$${X}", True),
    ],
)
def test_uses_that_say_that_blank_is_fine(use, fine):
    wrong = found({"A": use}, {"X": ""}).env_file
    assert wrong == ([] if fine else ["X is blank"])


def test_one_use_that_takes_no_blank_is_enough_and_the_target_file_has_the_last_word():
    both = {"A": "${X-}", "B": "${X}"}
    assert found(both, {"X": " "}).env_file == ["X is blank"]
    assert found(both, {"X": " "}, allowed=Allowed(blank=["X"])).env_file == []
    assert found({"A": "${X-}"}, {"X": ""}, required=["X", "Y"]).env_file == ["Y is not set", "X is blank"]


def test_every_fault_is_found_in_one_run_at_its_place():
    environment = {
        "JWT_SECRET": "${JWT}",
        "API_KEY": "changeApiKey",
        "POSTGRES_PASSWORD": "",
        "TOKEN": "${TOKEN:-your-token-here}",
        "SMTP_PASSWORD": "${SMTP_PASSWORD-}",
        "POSTGRES_DB": "example",
    }
    given = {"JWT": "my_change_me", "SMTP_PASSWORD": ""}
    wrong = found(environment, given, required=["NEEDED"])
    assert wrong.env_file == ["NEEDED is not set", "JWT is a placeholder"]
    assert wrong.compose_files == [
        "API_KEY of web is a placeholder",
        "POSTGRES_PASSWORD of web is a blank password",
        "TOKEN of web is a placeholder",
    ]
    resolved = {"MAIL_PASSWORD": "", "MAIL_KEY": "CHANGE_ME_NOW", "OPEN": ""}
    assert found({}, resolved=resolved).service_files == [
        "MAIL_KEY of web is a placeholder",
        "MAIL_PASSWORD of web is a blank password",
    ]


def test_what_a_service_is_given_by_name_is_the_env_files():
    wrong = found(["DB_PASSWORD", "PW=", "GONE_PASSWORD"], {"DB_PASSWORD": ""})
    assert wrong.env_file == ["DB_PASSWORD of web is a blank password"]
    assert wrong.compose_files == ["PW of web is a blank password"]
