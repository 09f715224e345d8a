"""Listening sockets, from recorded answers of ss, and which of them exclude each other."""

from __future__ import annotations

import pytest

from gonogo.deploy.compose.service import Port
from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.sockets import Listener, clashes, overlaps, parse
from tests.unit import stacks
from tests.unit.tables import every

SS = """\
udp   UNCONN 0      0    127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=612,fd=13))
udp   UNCONN 0      0      [fe80::5054:ff:fe12]%eth0:546        [::]:*
tcp   LISTEN 0      511     0.0.0.0:80         0.0.0.0:* users:(("nginx",pid=812,fd=6),("nginx",pid=81,fd=6))
tcp   LISTEN 0      4096          [::]:80            [::]:*    users:(("docker-proxy",pid=30465,fd=4))
tcp   LISTEN 0      100              *:8080             *:*    users:(("next-server (v1",pid=77,fd=21))
tcp   LISTEN 0      100      [::ffff:127.0.0.1]:8005               *:*    uid:33 ino:9 sk:2 v6only:0
tcp   LISTEN 0      128                 :::22            :::*
nl    UNCONN 0      0                        rtnl:kernel             *
tcp   LISTEN
"""


def test_listeners_of_every_form() -> None:
    assert parse(SS) == [
        Listener("udp", "127.0.0.53", 53, "systemd-resolve (pid 612)"),
        Listener("udp", "fe80::5054:ff:fe12", 546),
        Listener("tcp", "0.0.0.0", 80, "nginx (pid 812)"),
        Listener("tcp", "::", 80, "docker-proxy (pid 30465)"),
        Listener("tcp", "*", 8080, "next-server (v1 (pid 77)"),
        Listener("tcp", "127.0.0.1", 8005, user=33),
        Listener("tcp", "*", 22),
    ]


def test_a_host_without_ss_is_told_what_to_install() -> None:
    with pytest.raises(Unknown, match="iproute2"):
        _ = stacks.host(127, "", "sh: 1: ss: not found").sockets.listening


@every(
    "one, other, same",
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("0.0.0.0", "127.0.0.1", True),
        ("0.0.0.0", "::1", False),
        ("::", "127.0.0.1", False),
        ("::", "0.0.0.0", False),
        ("::", "::1", True),
        ("*", "::", True),
        ("::", "", True),
        ("", "::1", True),
        ("*", "0.0.0.0", True),
        ("0.0.0.0", "", True),
        ("::1", "::1", True),
        ("fe80::1", "10.0.0.1", False),
    ],
)
def test_addresses_that_exclude_each_other(one: str, other: str, same: bool) -> None:
    assert overlaps(one, other) is same
    assert overlaps(other, one) is same


def test_a_clash_needs_address_number_and_protocol() -> None:
    port = Port("127.0.0.1", 80, 8000, "tcp")
    assert clashes(port, Listener("tcp", "0.0.0.0", 80))
    assert not clashes(port, Listener("udp", "0.0.0.0", 80))
    assert not clashes(port, Listener("tcp", "0.0.0.0", 81))
    assert not clashes(port, Listener("tcp", "10.0.0.1", 80))
