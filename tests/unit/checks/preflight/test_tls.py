"""Certificates: whose are looked at, and what is said of them."""

from __future__ import annotations

import datetime

from gonogo.checks.preflight.test_tls import servers, told
from gonogo.deploy.host.certificate import Shown
from tests.unit.stacks import target


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def test_certificates_are_told_with_days_and_date() -> None:
    now = utc("2026-03-01T12:00")
    later = Shown("chat.example.com:443", utc("2026-03-11T13:00"))
    assert told(later, now) == "the certificate of chat.example.com:443 ends in 10 days, on 2026-03-11"
    assert "ended 2 days ago, on 2026-02-27" in told(Shown("x:443", utc("2026-02-27T18:00")), now)
    assert told(Shown("x:443", None, "nothing answers there"), now) == "x:443: nothing answers there"


def test_whose_certificates_matter() -> None:
    health = [{"url": "https://chat.example.com/up"}, {"url": "http://127.0.0.1:80/"}]
    health += [{"url": "https://chat.example.com:8443/"}]
    tls = {"hosts": ["chat.example.com", "mail.example.com:993"]}
    assert servers(target(health=health, tls=tls)) == [
        "chat.example.com:443",
        "chat.example.com:8443",
        "mail.example.com:993",
    ]
    assert servers(target()) == []
