"""What of a compose file and of an inspection is free text, and what is structure."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.host import inspection
from gonogo.deploy.redaction.places import secrets_within, shown
from gonogo.deploy.redaction.redactor import MARK, Redactor

SECRET = "pa55-Wort-von-ada"
PLACES: dict[str, Any] = {
    "services": {
        "api": {
            "image": "registry.example.org/api:1.2",
            "environment": {"NOTE": SECRET, "PORT": "8001"},
            "labels": {"a.b": SECRET, "com.docker.compose.project": "shop"},
            "annotations": [f"c={SECRET}"],
            "build": {"context": "/srv/shop", "args": {"X": SECRET}, "labels": {"y": SECRET}},
            "command": ["serve", "--token", SECRET],
            "entrypoint": f"sh -c 'serve --token {SECRET}'",
            "healthcheck": {"test": ["CMD", "curl", "-H", f"X-Key: {SECRET}", "http://localhost/"]},
            "logging": {"driver": "gelf", "options": {"gelf": SECRET}},
            "deploy": {"labels": {"z": SECRET}, "replicas": 2},
            "ports": [{"target": 8001, "published": "8001", "host_ip": "127.0.0.1"}],
            "post_start": [{"command": ["notify", f"https://hooks.example.org/{SECRET}"]}],
        }
    },
    "configs": {"labels": {"content": SECRET}},
    "secrets": {"one": {"content": SECRET, "x-note": [SECRET]}},
    "volumes": {"share": {"driver_opts": {"o": f"username=ada,password={SECRET}"}}},
    "x-more": {"deep": [{"er": SECRET}]},
}


def test_nothing_that_somebody_chose_freely_is_shown_and_all_of_it_is_known() -> None:
    found = shown(PLACES, lambda _: "***")
    assert SECRET not in str(found)
    assert str(found).count("***") == str(PLACES).count(SECRET)
    assert SECRET in secrets_within(PLACES)


def test_names_paths_and_settings_stay() -> None:
    api = shown(PLACES, lambda _: "***")["services"]["api"]
    assert api["image"] == "registry.example.org/api:1.2"
    assert api["environment"]["PORT"] == "8001"
    assert api["labels"]["com.docker.compose.project"] == "shop"
    assert (api["build"]["context"], api["ports"][0]["published"]) == ("/srv/shop", "8001")
    assert api["command"][:2] == ["serve", "--token"]
    assert (
        shown(PLACES, lambda _: "***")["volumes"]["share"]["driver_opts"]["o"] == "username=ada,password=***"
    )


def test_a_service_may_be_called_like_a_place() -> None:
    raw = {"services": {"labels": {"image": "swordfish", "restart": "unless-stopped"}}}
    assert shown(raw, lambda _: "***") == raw


def test_the_names_of_secrets_are_shown_and_the_flags_of_a_model_are_judged_as_a_command() -> None:
    whole = {
        "services": {"web": {"secrets": ["db_password"]}},
        "models": {"ai": {"runtime_flags": ["--api-key", "hunter2"]}},
    }
    assert shown(whole, lambda _: "***")["services"] == whole["services"]
    assert shown(whole, lambda _: "***")["models"]["ai"]["runtime_flags"] == ["--api-key", "***"]


def test_an_inspection_that_nests_without_end_is_not_shown() -> None:
    assert inspection.rows("[" * 100_000) == []
    (deep,) = inspection.rows('[{"Id": ' + "[" * 800 + '"swordfish"' + "]" * 800 + "}]")
    assert inspection.hidden(deep, Redactor()) == MARK
