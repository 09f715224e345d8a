"""Where names lead, as this machine and a host resolve them."""

from __future__ import annotations

from gonogo.deploy.host.dns import resolved
from tests.unit import stacks
from tests.unit.tables import every


@every(
    "name, addresses",
    [
        ("192.0.2.7", ["192.0.2.7"]),
        ("no-such-host.invalid", []),
        ("2001:db8::1", ["2001:db8::1"]),
        ("a" * 70, []),
    ],
)
def test_names_as_this_machine_resolves_them(name: str, addresses: list[str]) -> None:
    assert resolved(name) == addresses


def test_names_as_a_host_resolves_them() -> None:
    said = "2001:db8::1     STREAM db\n2001:db8::1     DGRAM\n192.0.2.7       STREAM\nfe80::1%eth0    RAW\n"
    assert stacks.host(0, said).dns("db").addresses == ["192.0.2.7", "2001:db8::1", "fe80::1"]
    assert stacks.host(2, "").dns("no-such-host.invalid").addresses == []
