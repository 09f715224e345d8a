"""Connection strings: read as drivers read them, refused in one sentence that repeats none of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import dns.message
import dns.resolver
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server.uri import read
from tests.unit.tables import every

V = "MONGODB_URI"
SECRET = "hunter2-of-the-test"
CERTIFICATES = {"tls_ca_file": "ca.pem", "tls_client_file": "c.pem"}


def test_what_a_string_says() -> None:
    text = f"mongodb://app:{SECRET}@db1.example.com,db2.example.com:27018/shop?replicaSet=rs0&tls=true"
    found = read(text, V)
    assert found.hosts == (("db1.example.com", 27017), ("db2.example.com", 27018))
    assert (found.username, found.password, found.source) == ("app", SECRET, "shop")
    assert (found.replica_set, found.tls, found.direct, found.any_name) == ("rs0", True, False, False)
    assert SECRET not in repr(found)


@every(
    "text, source",
    [
        ("mongodb://u:p@h", "admin"),
        ("mongodb://u:p@h/", "admin"),
        ("mongodb://u:p@h/shop", "shop"),
        ("mongodb://u:p@h/shop?authSource=admin", "admin"),
        ("mongodb://u:p@h/?authsource=other", "other"),
        ("mongodb://u:p@h/shop.users", "shop"),
        ("mongodb://u:p@h/?authMechanism=PLAIN", "$external"),
        ("mongodb://u:p@h/shop?authMechanism=SCRAM-SHA-256", "shop"),
    ],
)
def test_the_database_that_the_login_belongs_to(text: str, source: str) -> None:
    assert read(text, V).source == source


@every(
    "options, found",
    [
        ("", (False, False, False, False)),
        ("tls=true", (True, False, False, False)),
        ("ssl=true", (True, False, False, False)),
        ("tls=false", (False, False, False, False)),
        ("tlsCAFile=/app/ca.pem", (True, False, False, False)),
        ("tls=true&tlsAllowInvalidHostnames=true", (True, True, False, False)),
        ("tls=true&tlsInsecure=true", (True, True, False, False)),
        ("directConnection=true", (False, False, False, True)),
        ("w=majority&retryWrites=true&appName=x&unheardOf=1", (False, False, False, False)),
    ],
)
def test_options(options: str, found: tuple[bool, ...]) -> None:
    one = read(f"mongodb://h/?{options}" if options else "mongodb://h", V, CERTIFICATES)
    assert (one.tls, one.any_name, one.any_certificate, one.direct) == found


def test_a_certificate_that_is_not_verified() -> None:
    assert read("mongodb://h/?tlsInsecure=true", V).any_certificate
    assert read("mongodb://h/?tlsAllowInvalidCertificates=true", V).any_certificate


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(min_size=1).filter(str.isascii))
def test_user_and_password_of_any_characters(user: str, password: str) -> None:
    text = f"mongodb://{quote(user, safe='')}:{quote(password, safe='')}@[::1]:27018/?authSource=a%2Fb"
    found = read(text, V)
    assert (found.username, found.password, found.hosts) == (user, password, (("::1", 27018),))
    assert {password, quote(password), quote_plus(password)} == set(found.secrets)


@every(
    "text, cause",
    [
        ("", "it must begin with mongodb:// or mongodb+srv://"),
        (f"postgres://u:{SECRET}@h/db", "it must begin with mongodb:// or mongodb+srv://"),
        (f"mongodb://u:{SECRET}%zz@h", "is not percent-encoded"),
        (f"mongodb://u:{SECRET}:x@h", "is not percent-encoded"),
        (f"mongodb://u:{SECRET}/x@h", "is not percent-encoded"),
        (f"mongodb://u:{SECRET}@h:{SECRET}", "is not percent-encoded"),
        (f"mongodb://u:{SECRET}@h:99999", "a port in it is no number from 1 to 65535"),
        (f"mongodb://u:{SECRET}@h/?{SECRET}", "its options are no pairs of key=value"),
        (f"mongodb://u:{SECRET}@h/a%20{SECRET}", "the name of the database in it holds one of"),
        (f"mongodb://u:{SECRET}@h,,i", "it names no host"),
        ("mongodb://", "it names no host"),
        (f"mongodb://u:{SECRET}@h,i/?directConnection=true", "take one host alone"),
    ],
)
def test_what_is_no_connection_string(text: str, cause: str) -> None:
    with pytest.raises(GonogoError) as refused:
        read(text, V)
    assert str(refused.value).startswith(f"{V} is no connection string: ")
    assert cause in str(refused.value) and SECRET not in str(refused.value)


@every(
    "text, told",
    [
        ("mongodb://%2Ftmp%2Fmongodb.sock", "names a Unix socket"),
        ("mongodb://h/?authMechanism=GSSAPI", "it knows SCRAM-SHA-1, SCRAM-SHA-256, PLAIN, MONGODB-X509"),
        ("mongodb://h/?tlsCAFile=/ca.pem", "mongodb.tls_ca_file in the target file"),
        ("mongodb://h/?tlsCertificateKeyFile=/c.pem", "mongodb.tls_client_file in the target file"),
    ],
)
def test_what_gonogo_cannot_do(text: str, told: str) -> None:
    with pytest.raises(GonogoError, match="MONGODB_URI ") as refused:
        read(text, V)
    assert told in str(refused.value)


ZONE = {
    ("_mongodb._tcp.cluster.example.com.", "SRV"): ["0 0 27017 a.example.com.", "0 0 27018 b.example.com."],
    ("cluster.example.com.", "TXT"): ['"authSource=accounts&replicaSet=atlas"'],
}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A DNS server on the loopback that knows ZONE."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    wire, client = server.recvfrom(4096)
                except OSError:
                    return
                question = dns.message.from_wire(wire)
                asked = question.question[0]
                kind = dns.rdatatype.to_text(asked.rdtype)
                answer = dns.message.make_response(question)
                known = ZONE.get((str(asked.name), kind))
                if known:
                    answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *known))
                else:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                server.sendto(answer.to_wire(), client)

        threading.Thread(target=serve, daemon=True).start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        yield


def test_hosts_that_dns_names(names: None) -> None:
    found = read(f"mongodb+srv://app:{SECRET}@cluster.example.com/shop?connectTimeoutMS=100", V)
    assert sorted(found.hosts) == [("a.example.com", 27017), ("b.example.com", 27018)]
    assert (found.source, found.replica_set, found.tls) == ("accounts", "atlas", True)
    assert not read("mongodb+srv://cluster.example.com/?tls=false", V).tls


def test_hosts_that_dns_does_not_name(names: None) -> None:
    with pytest.raises(GonogoError) as refused:
        read(f"mongodb+srv://app:{SECRET}@other.example.com/shop", V)
    assert str(refused.value) == (
        "MONGODB_URI is mongodb+srv://, and this machine's DNS gives no usable SRV record for "
        "other.example.com: write its hosts out in a mongodb:// string"
    )
