"""Names that do not lead to the target."""

from __future__ import annotations

from gonogo.checks.preflight.test_dns import astray


def test_names_that_lead_astray() -> None:
    own = ["192.0.2.1", "2001:db8::1"]
    assert astray({"a": ["192.0.2.1"], "b": own}, own) == []
    assert astray({"a": [], "b": ["192.0.2.1", "192.0.2.9"]}, own) == [
        "a does not resolve",
        "b leads to 192.0.2.9",
    ]
    assert astray({"a": ["192.0.2.1"]}, []) == ["a leads to 192.0.2.1"]
