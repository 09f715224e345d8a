"""The probes of the host: env file and listeners, fed with recorded answers."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.model import Port
from gonogo.deploy.probes import environment, listeners
from gonogo.deploy.probes.listeners import Listener, clashes, overlaps
from tests.unit.stacks import Answering, target
from tests.unit.tables import every


def test_the_environment_of_compose_without_what_is_ours() -> None:
    text = "API_KEY=a=b\nPATH=/bin\nCERT=-----BEGIN\nMIIE+x/==\n\n-----END\nEMPTY=\nCOMPOSE_PROJECT_NAME=x\n"
    text += "ODD=a\u2028b\x85\n"
    assert environment.parse(text) == {
        "API_KEY": "a=b",
        "CERT": "-----BEGIN\nMIIE+x/==\n\n-----END",
        "EMPTY": "",
        "ODD": "a\u2028b\x85",
    }


def test_an_env_file_that_compose_refuses_is_named_with_its_words() -> None:
    there = Answering(1, "", 'time="x" level=warning msg="y"\nfailed to read .env: line 3: unexpected "="\n')
    with pytest.raises(GonogoError, match=r"read the env file /srv/shop/\.env: failed to read \.env: line 3"):
        environment.values(environment.ask(there, target()), target())


def test_what_could_be_secret_in_an_env_file() -> None:
    lines = [
        "# API_KEY=commented-out-1",
        "DB_PASSWORD='it\\'s-a-secret'",
        "export API_TOKEN=plain-Token-7",
        'DB_URL="mongodb://me:in-the-url-5@db/x"',
        "COLOUR=bright-blue-and-green",
        "just a line that is no setting",
        "bad name=hunter2hunter2",
    ]
    found = environment.pieces(lines)
    assert {"it's-a-secret", "plain-Token-7", "in-the-url-5"} <= set(found)
    assert {"just a line that is no setting", "bad name=hunter2hunter2"} <= set(found)
    assert not [value for value in found if "commented" in value or "bright" in value]


def test_every_line_of_a_value_over_several_lines_is_secret() -> None:
    lines = ['KEY="-----BEGIN-----', "MIIEabcdEFGH=", "LOOKSLIKEANAME==", '-----END KEY-----"', "MODE=fast"]
    found = environment.pieces(lines)
    assert {"MIIEabcdEFGH=", "LOOKSLIKEANAME==", "-----END KEY-----"} <= set(found)
    assert not [value for value in found if "fast" in value]


@every("value", ['"closed"', "it's", "'a \" b'", '"escaped \\" inside"', '""'])
def test_a_value_on_one_line_opens_no_quote(value: str) -> None:
    assert not [found for found in environment.pieces([f"A={value}", "MODE=fast"]) if "fast" in found]


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
    assert listeners.parse(SS) == [
        Listener("udp", "127.0.0.53", 53, "systemd-resolve (pid 612)"),
        Listener("udp", "fe80::5054:ff:fe12", 546),
        Listener("tcp", "0.0.0.0", 80, "nginx (pid 812)"),
        Listener("tcp", "::", 80, "docker-proxy (pid 30465)"),
        Listener("tcp", "*", 8080, "next-server (v1 (pid 77)"),
        Listener("tcp", "127.0.0.1", 8005, user=33),
        Listener("tcp", "*", 22),
    ]


def test_a_host_without_ss_is_told_what_to_install() -> None:
    with pytest.raises(GonogoError, match="iproute2"):
        listeners.listeners(Answering(127, "", "sh: 1: ss: not found"))


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
