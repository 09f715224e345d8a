"""A MongoDB that speaks TLS: the chain and the name are verified, and each fault is one sentence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server import login, primary
from tests.mongo.ground import PASSWORD, USER
from tests.mongo.shapes import AUTHORITY, KNOWN, SERVER, Authority, Shape, shape, uri
from tests.mongo.whole import whole

INSIDE = {"service": "mongodb", "database": "shop", "tls_ca_file": "certs/ca.pem"}
OUTSIDE = {"uri_variable": "MONGODB_URI", "database": "shop", "tls_ca_file": "certs/ca.pem"}
COMMAND = ("mongod", "--tlsMode", "requireTLS", "--tlsCertificateKeyFile", SERVER)


@dataclass
class Secure:
    """A server that speaks TLS alone, with a certificate that can be replaced while it runs."""

    shape: Shape
    authority: Authority
    other: Authority

    @property
    def told(self) -> str:
        return f"the MongoDB in {self.shape.container}"

    def show(self, certificate: str) -> None:
        """Let new connections be shown this certificate."""
        self.shape.put(self.shape.container, {SERVER: certificate})
        options = {"tls": True, "tlsAllowInvalidCertificates": True}
        with self.shape.client(self.shape.container, **options) as client:
            client.admin.command("rotateCertificates")

    def opened(self, **mongodb: Any) -> int:
        """Return how many documents are found."""
        with self.shape.release(mongodb={**INSIDE, **mongodb}) as release, login.opened(release) as client:
            return int(client.shop.users.count_documents({}))

    def refused(self, **mongodb: Any) -> str:
        begun = time.monotonic()
        with pytest.raises(GonogoError) as refused:
            self.opened(**mongodb)
        assert time.monotonic() - begun < 4, "a fault of TLS is told at once"
        assert PASSWORD not in str(refused.value)
        return str(refused.value)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("tls")
    authority, other = Authority(folder), Authority(folder, "other")
    with shape(folder) as made:
        (made.stack / "certs").mkdir(parents=True)
        (made.stack / "certs/ca.pem").write_text(authority.text)
        (made.stack / "certs/other.pem").write_text(other.text)
        made.server("mongodb", *COMMAND, environment=KNOWN, files={SERVER: authority.certificate("mongodb")})
        with made.client(made.container, tls=True, tlsAllowInvalidCertificates=True) as client:
            client.shop.users.insert_many([{"_id": n} for n in range(3)])
        yield Secure(made, authority, other)


@pytest.fixture
def good(secure: Secure) -> Iterator[Secure]:
    yield secure
    secure.show(secure.authority.certificate("mongodb"))


def test_the_name_of_the_service_is_what_the_certificate_is_for(secure: Secure) -> None:
    assert secure.opened() == 3
    with secure.shape.release(mongodb=INSIDE) as release:
        state = release.host.mongodb(release).state
    assert state is not None and state.counts == {"users": 3}


def test_all_that_is_done_with_data_over_tls(secure: Secure, tmp_path: Path) -> None:
    with secure.shape.release(mongodb=INSIDE) as release:
        whole(release, tmp_path)


def test_many_connections_at_a_time_are_each_verified(secure: Secure) -> None:
    with secure.shape.release(mongodb=INSIDE) as release, login.opened(release) as client:
        context = client.options.pool_options._ssl_context
        assert context.check_hostname and context.verify_mode == 2 and context.server_name == "mongodb"
        cursors = [client.shop.users.find({}, batch_size=1) for _ in range(5)]
        assert [len(list(cursor)) for cursor in cursors] == [3] * 5


def test_tls_that_is_not_switched_on(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primary, "TIMEOUT_MS", 1000)
    assert secure.refused(tls_ca_file=None) == (
        f"{secure.told} speaks TLS alone: set mongodb.tls, and mongodb.tls_ca_file, in the target file"
    )


def test_another_authority(secure: Secure) -> None:
    said = f"the certificate of {secure.told} is signed by another authority than "
    assert secure.refused(tls_ca_file="certs/other.pem") == (f"{said}mongodb.tls_ca_file: correct that file")
    assert secure.refused(tls_ca_file=None, tls=True) == (
        f"{said}the authorities that this machine trusts: name its authority with mongodb.tls_ca_file"
    )


def test_files_that_hold_no_certificate(secure: Secure) -> None:
    stack = secure.shape.stack
    told = (
        f"local: {stack}/certs/none.pem cannot be read there: correct mongodb.tls_ca_file in the target file"
    )
    assert secure.refused(tls_ca_file="certs/none.pem") == told
    (stack / "certs/empty.pem").write_text("hello")
    assert "certs/empty.pem holds no PEM certificate" in secure.refused(tls_ca_file="certs/empty.pem")
    (stack / "certs/torn.pem").write_text(secure.authority.text[:200])
    assert "holds no certificate that OpenSSL reads" in secure.refused(tls_ca_file="certs/torn.pem")
    assert "must hold a certificate and its key" in secure.refused(tls_client_file="certs/ca.pem")


def test_another_name(good: Secure) -> None:
    good.show(good.authority.certificate("db.example.com"))
    said = good.refused()
    assert said.startswith(f"the certificate of {good.told} is for another name than mongodb or ")
    assert said.endswith(": put that name into it, or correct the host")


def test_an_address_in_the_certificate(good: Secure) -> None:
    address = good.shape.address(good.shape.container)
    good.show(good.authority.certificate(f"IP:{address}"))
    assert good.opened() == 3


def test_a_certificate_that_has_expired(good: Secure) -> None:
    good.show(good.authority.certificate("mongodb", seconds=2))
    time.sleep(2)
    assert good.refused() == f"the certificate of {good.told} has expired: renew it on the server"


def test_a_connection_string_with_tls(good: Secure) -> None:
    address = good.shape.address(good.shape.container)
    good.show(good.authority.certificate("mongodb", f"IP:{address}"))
    given = good.shape.variables
    given["MONGODB_URI"] = uri(f"{address}:9,mongodb:27017", USER, PASSWORD, "/?tls=true")
    with good.shape.release(mongodb=OUTSIDE) as release, login.opened(release) as client:
        assert client.shop.users.count_documents({}) == 3
    # The file that the application names lies in its own container.
    given["MONGODB_URI"] = uri("mongodb", USER, PASSWORD, "/?tls=true&tlsCAFile=/app/ca.pem")
    without = {key: value for key, value in OUTSIDE.items() if key != "tls_ca_file"}
    told = "MONGODB_URI names a file with tlscafile, whose path is that of the application"
    with good.shape.release(mongodb=without) as release, pytest.raises(GonogoError, match=told):
        login.way(release, release.target.mongodb)
    given["MONGODB_URI"] = uri("mongodb", USER, PASSWORD, "/?tls=true&tlsAllowInvalidHostnames=true")
    good.show(good.authority.certificate("db.example.com"))
    with good.shape.release(mongodb=OUTSIDE) as release, login.opened(release) as client:
        assert client.shop.users.count_documents({}) == 3
    given["MONGODB_URI"] = uri("mongodb", USER, PASSWORD, "/?tls=true&tlsInsecure=true")
    good.show(good.other.certificate("db.example.com"))
    with good.shape.release(mongodb=without) as release, login.opened(release) as client:
        assert client.shop.users.count_documents({}) == 3


def test_certificates_of_clients(tmp_path: Path, secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primary, "TIMEOUT_MS", 1000)
    with shape(tmp_path) as made:
        (made.stack / "certs").mkdir(parents=True)
        (made.stack / "certs/ca.pem").write_text(secure.authority.text)
        files = {SERVER: secure.authority.certificate("mongodb"), AUTHORITY: secure.authority.text}
        made.server("mongodb", *COMMAND, "--tlsCAFile", AUTHORITY, files=files)
        client = made.stack / "certs/client.pem"
        client.write_text(secure.authority.certificate("nobody", owner="client"))
        options = {"tls": True, "tlsAllowInvalidCertificates": True, "tlsCertificateKeyFile": str(client)}
        with made.client(made.container, login=False, **options) as first:
            # The user is called what the certificate says, the last part first.
            roles = [{"role": "readWrite", "db": "shop"}]
            first["$external"].command("createUser", "O=client,CN=somebody", roles=roles)
        there = Secure(made, secure.authority, secure.other)
        demands = "which mongodb.tls_client_file names"
        assert there.refused() == (
            f"{there.told} closes connections after the TLS handshake: it may demand a certificate of its "
            f"clients, {demands}"
        )
        assert there.opened(tls_client_file="certs/client.pem") == 0
        made.variables["MONGODB_URI"] = "mongodb://mongodb/?tls=true&authMechanism=MONGODB-X509"
        outside = {**OUTSIDE, "tls_client_file": "certs/client.pem"}
        with made.release(mongodb=outside) as release, login.opened(release) as opened:
            (known,) = opened.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"]
            assert known == {"user": "O=client,CN=somebody", "db": "$external"}
        client.write_text(secure.other.certificate("nobody"))
        said = there.refused(tls_client_file="certs/client.pem")
        assert said.endswith("its authority may not have signed the certificate of mongodb.tls_client_file")


def test_a_server_that_does_not_speak_tls(tmp_path: Path, secure: Secure) -> None:
    with shape(tmp_path) as made:
        made.server("mongodb", environment=KNOWN)
        made.client(made.container).close()
        plain = Secure(made, secure.authority, secure.other)
        assert plain.refused(tls_ca_file=None, tls=True) == (
            f"{plain.told} does not speak TLS: switch it off in the target file or the connection string"
        )
