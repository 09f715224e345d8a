"""The probes of the way to the target: clock, host key, certificates and names."""

from __future__ import annotations

import base64
import datetime
import socket
import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.probes import certificates, clock, hostkey, names
from gonogo.deploy.probes.hostkey import HostKey
from gonogo.deploy.wire import ssh
from tests.unit.stacks import Answering, target
from tests.unit.tables import every


def test_the_skew_is_taken_from_the_middle_of_the_round_trip() -> None:
    assert clock.measured("1000.500000000\n", 0.2, 1000.1) == clock.RoundTrip(200.0, 0.5, 0.1)
    assert clock.measured("990.0", 0.2, 1000.1) == clock.RoundTrip(200.0, -10.0, 0.1)


def test_a_clock_that_tells_whole_seconds_blurs_the_skew() -> None:
    assert clock.measured("1000.\n", 0.2, 1000.6) == clock.RoundTrip(200.0, 0.0, 0.6)
    assert clock.measured("1000\n", 0.2, 1000.6) == clock.RoundTrip(200.0, 0.0, 0.6)


def test_a_clock_that_tells_nothing() -> None:
    with pytest.raises(GonogoError, match="printed '%s' instead of the time"):
        clock.measured("%s", 0.1, 1000.0)
    with pytest.raises(GonogoError, match="ended with 127"):
        clock.round_trip(Answering(127))


@every(
    "strict, files, gap",
    [
        ("true", ("/h/known_hosts",), ""),
        ("ask", ("/h/known_hosts", "/h/known_hosts2"), ""),
        ("accept-new", ("/h/known_hosts",), ""),
        ("ask", ("none",), ""),
        ("false", ("/h/known_hosts",), "StrictHostKeyChecking is off"),
        ("true", ("/dev/null",), "UserKnownHostsFile is /dev/null"),
        ("accept-new", ("none",), "UserKnownHostsFile is none"),
        ("accept-new", ("/dev/null", "/h/known_hosts"), ""),
    ],
)
def test_what_keeps_a_host_key_from_being_verified(strict: str, files: tuple[str, ...], gap: str) -> None:
    assert HostKey(strict, files, "web").gap == gap


def config(folder: Path, *lines: str) -> Path:
    file = folder / "ssh_config"
    file.write_text(
        "Host web\n  HostName 192.0.2.1\n  Port 2222\n" + "".join(f"  {line}\n" for line in lines)
    )
    return file


def test_the_settings_are_those_of_ssh_itself(tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text().split()[1]
    (tmp_path / "known").write_text(f"[192.0.2.1]:2222 ssh-ed25519 {public}\n")
    found = hostkey.host_key("web", config(tmp_path, f"UserKnownHostsFile {tmp_path}/known {tmp_path}/none"))
    assert (found.address, found.files) == ("192.0.2.1", (f"{tmp_path}/known", f"{tmp_path}/none"))
    assert [one.split(":")[0] for one in found.known] == ["ED25519 SHA256"]
    assert found.gap == ""


@pytest.mark.parametrize("value", ["no", "off"])
def test_a_check_that_is_switched_off_is_seen(tmp_path: Path, value: str) -> None:
    found = hostkey.host_key("web", config(tmp_path, f"StrictHostKeyChecking {value}"))
    assert found.gap == "StrictHostKeyChecking is off"


def test_a_configuration_that_ssh_refuses(tmp_path: Path) -> None:
    with pytest.raises(GonogoError, match=r"`ssh` refuses its configuration: .*terminating"):
        hostkey.host_key("web", config(tmp_path, "Prot 22"))


def test_only_a_host_key_is_judged_by_its_check() -> None:
    def check(words: str) -> str:
        return ssh.judged_by(ssh.diagnosis(words, "ssh web", 5))

    assert check("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @") == "ssh.host_key"
    assert check("No ED25519 host key is known for web\nHost key verification failed.") == "ssh.host_key"
    assert check("connect to host web port 22: Connection refused") == "ssh.reachable"
    assert check("something new") == "ssh.reachable"


SHORT = """
MIIBYDCCAQagAwIBAgIBBzAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARjaGF0MB4XDTI2MTEyNDE1MTA0MloXDTI2MTIyNDE1
MTA0MlowDzENMAsGA1UEAwwEY2hhdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNCYV5cUDsG/5Cfl4yk+qa3GmOYR3OXz
65qdSMkQqUSsbKV2q/V3PzDsY4s9GXvgLtMvFrVHf1DTRQpskQMQ8aCjUzBRMB0GA1UdDgQWBBQNwW1/IvQvIXqpo1OJWCO/
yW8c8jAfBgNVHSMEGDAWgBQNwW1/IvQvIXqpo1OJWCO/yW8c8jAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUC
IEgK6t07DgagkRtEpB//NXH201PsPupV4BtZhgwhf53oAiEAkm7VkwxonYbFP9az+ijZPPf539n5B0aOO7j1aN86CtE=
"""
LONG = """
MIIBYTCCAQigAwIBAgIBBzAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARjaGF0MCAXDTI2MTEyNDE1MTA0MloYDzIwODEwODI3
MTUxMDQyWjAPMQ0wCwYDVQQDDARjaGF0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0JhXlxQOwb/kJ+XjKT6prcaY5hHc
5fPrmp1IyRCpRKxspXar9Xc/MOxjiz0Ze+Au0y8WtUd/UNNFCmyRAxDxoKNTMFEwHQYDVR0OBBYEFA3BbX8i9C8heqmjU4lY
I7/JbxzyMB8GA1UdIwQYMBaAFA3BbX8i9C8heqmjU4lYI7/JbxzyMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAw
RAIgQc9oMRLbuvaSqGwlVrSZmWz2Abu4CmIqVHcom0y481QCIBdl7l1nZXorXiwn6KCI7nuYb8+8v/Y3SEpctbPmW7XN
"""


def test_the_end_of_a_certificate_in_both_forms_of_time() -> None:
    def end(text: str) -> datetime.datetime:
        return certificates.ends(base64.b64decode(text))

    assert end(SHORT) == datetime.datetime(2026, 12, 24, 15, 10, 42, tzinfo=datetime.UTC)
    assert end(LONG) == datetime.datetime(2081, 8, 27, 15, 10, 42, tzinfo=datetime.UTC)


def test_years_of_two_digits_are_those_of_the_standard() -> None:
    assert certificates.ends(base64.b64decode(SHORT).replace(b"261224", b"551224")).year == 1955
    assert certificates.ends(base64.b64decode(SHORT).replace(b"261224", b"491224")).year == 2049


@every("size", [0, 1, 3, 30, 60, 200])
def test_a_certificate_that_is_cut_short(size: int) -> None:
    with pytest.raises(ValueError, match=r"cut short|not enough values"):
        certificates.ends(base64.b64decode(SHORT)[:size])


def test_a_server_that_is_not_there_or_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = certificates.asked("chat.example.com", 443, port)
    assert (found.server, found.ends) == ("chat.example.com:443", None)
    assert found.error.startswith("nothing answers there")


def test_whose_certificates_matter() -> None:
    health = [{"url": "https://chat.example.com/up"}, {"url": "http://127.0.0.1:80/"}]
    health += [{"url": "https://chat.example.com:8443/"}]
    tls = {"hosts": ["chat.example.com", "mail.example.com:993"]}
    assert certificates.servers(target(health=health, tls=tls)) == [
        ("chat.example.com", 443),
        ("chat.example.com", 8443),
        ("mail.example.com", 993),
    ]
    assert certificates.servers(target()) == []


def test_names_as_this_machine_resolves_them() -> None:
    found = names.addresses(["192.0.2.7", "no-such-host.invalid", "2001:db8::1", "a" * 70])
    assert found == {
        "192.0.2.7": ["192.0.2.7"],
        "no-such-host.invalid": [],
        "2001:db8::1": ["2001:db8::1"],
        "a" * 70: [],
    }
