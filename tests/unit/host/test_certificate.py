"""The certificate of a TLS server: when it ends, or why it shows none."""

from __future__ import annotations

import base64
import datetime
import socket

import pytest

from gonogo.deploy.host.certificate import ends, handshake
from tests.unit.tables import every

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
        return ends(base64.b64decode(text))

    assert end(SHORT) == datetime.datetime(2026, 12, 24, 15, 10, 42, tzinfo=datetime.UTC)
    assert end(LONG) == datetime.datetime(2081, 8, 27, 15, 10, 42, tzinfo=datetime.UTC)


def test_years_of_two_digits_are_those_of_the_standard() -> None:
    assert ends(base64.b64decode(SHORT).replace(b"261224", b"551224")).year == 1955
    assert ends(base64.b64decode(SHORT).replace(b"261224", b"491224")).year == 2049


@every("size", [0, 1, 3, 30, 60, 200])
def test_a_certificate_that_is_cut_short(size: int) -> None:
    with pytest.raises(ValueError, match=r"cut short|not enough values"):
        ends(base64.b64decode(SHORT)[:size])


def test_a_server_that_is_not_there_or_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = handshake("chat.example.com", 443, port)
    assert (found.server, found.ends) == ("chat.example.com:443", None)
    assert found.error.startswith("nothing answers there")
