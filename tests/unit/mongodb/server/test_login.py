"""Whom gonogo logs in to a MongoDB as, where it goes for that, and what it says when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server import address, client, login, primary, tls
from gonogo.deploy.mongodb.server.address import Address, Unanswered
from gonogo.deploy.mongodb.server.client import Login
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.target.sections.data import Mongodb
from tests.unit.stacks import Answering, container, model, target
from tests.unit.tables import every

MONGODB = Mongodb(service="db", database="shop")
AT = Address("10.0.0.2", 27017, "in shop-db", ("db",))
SECRET = "s3cret-of-the-database"


def release(*running: Any, **services: Any) -> Any:
    return SimpleNamespace(running=[*running], model=model(**services))


def found(release: Any, host: str, port: int = 27017, beside: Address | None = None) -> tuple[str, int]:
    there = address.of_name(release, host, port, beside)
    return there.host, there.port


def test_the_names_of_a_container_lead_to_its_address() -> None:
    long = "0123456789abcdef" * 4
    db = container("db", id=long, name="shop-db-1", addresses=("10.0.0.2",))
    services = {"db": {"image": "mongo", "networks": {"default": {"aliases": ["data"]}}}}
    stack = release(container("api", addresses=("10.0.0.9",)), db, **services)
    for name in ("db", "shop-db-1", "data", long[:12], "10.0.0.2"):
        assert found(stack, name, 27018) == ("10.0.0.2", 27018)
    assert found(stack, "db.example.com") == ("db.example.com", 27017)
    assert found(stack, "0123") == ("0123", 27017)
    assert address.of_name(stack, "data", 27017).names[0] == "data"


def test_a_loopback_is_that_of_the_member_which_says_it() -> None:
    assert found(release(), "localhost", 27018, beside=AT) == ("10.0.0.2", 27018)
    assert found(release(), "localhost", 27018) == ("localhost", 27018)


def test_a_container_that_stands_still_or_has_no_address() -> None:
    stack = release(container("db", status="exited", addresses=("10.0.0.2",)))
    assert found(stack, "db") == ("db", 27017)
    with pytest.raises(GonogoError, match="has no address in any network"):
        address.of_container(container("db", addresses=()))


@pytest.mark.parametrize(
    ("member", "parts"),
    [("db:27017", ("db", 27017)), ("10.0.0.2:1", ("10.0.0.2", 1)), ("[fe80::1]:27017", ("fe80::1", 27017))],
)
def test_the_parts_of_a_members_name(member: str, parts: tuple[str, int]) -> None:
    assert primary.parts(member) == parts
    assert address.shown(*parts) == member


def test_the_login_of_a_containers_environment() -> None:
    env = {"MONGO_INITDB_ROOT_USERNAME": "root", "MONGO_INITDB_ROOT_PASSWORD": SECRET}
    given = login.of_environment(MONGODB, env)
    assert given.options == {"username": "root", "password": SECRET, "authSource": "admin"}
    assert SECRET not in repr(given)
    assert login.of_environment(MONGODB, {}).options == {}
    assert login.of_environment(MONGODB, {"MONGO_INITDB_ROOT_PASSWORD": SECRET}).options == {}


def test_the_user_that_an_image_makes_by_itself() -> None:
    bitnami = Mongodb(
        service="db",
        database="shop",
        username_variable="MONGODB_ROOT_USER",
        password_variable="MONGODB_ROOT_PASSWORD",
    )
    assert login.of_environment(bitnami, {"MONGODB_ROOT_PASSWORD": SECRET}).username == "root"
    assert login.of_environment(bitnami, {}).username == ""


def test_a_login_in_files_of_the_container() -> None:
    there, redactor = Answering(0, f"{SECRET}\n"), Redactor()
    env = {"MONGO_INITDB_ROOT_USERNAME": "root", "MONGO_INITDB_ROOT_PASSWORD_FILE": "/run/secrets/it's"}
    given = login.filled(there, container("db"), MONGODB, env, redactor)
    assert given["MONGO_INITDB_ROOT_PASSWORD"] == SECRET
    assert there.asked == ["""docker exec id-of-db cat -- '/run/secrets/it'"'"'s'"""]
    assert redactor(SECRET) == "[redacted]"
    there = Answering(1, "", "cat: no such file")
    with pytest.raises(GonogoError, match="which MONGO_INITDB_ROOT_PASSWORD_FILE names, cannot be read"):
        login.filled(there, container("db"), MONGODB, env, redactor)
    there = Answering()
    assert login.filled(there, container("db"), MONGODB, {"A": "b"}, redactor) == {"A": "b"}
    assert there.asked == []


def server_error(code: int, said: str = "", user: str = "app") -> str:
    error = OperationFailure(said, code, {"errmsg": said, "codeName": "Name"})
    return client.server_error(
        error, AT, Login(user, SECRET, said="$PASSWORD", fix="fix it", lacking="no user")
    )


@every(
    "command, role",
    [
        ("find", "read (for a backup of all: backup)"),
        ("listIndexes", "read (for a backup of all: backup)"),
        ("insert", "readWrite (for a restore of all: restore)"),
        ("usersInfo", "userAdmin"),
        ("replSetGetStatus", "clusterMonitor"),
    ],
)
def test_the_role_that_is_missing_is_named(command: str, role: str) -> None:
    text = (
        f'not authorized on shop to execute command {{ {command}: "users", filter: {{ a: "b" }}, $db: "x" }}'
    )
    assert server_error(13, text) == (
        f"the MongoDB in shop-db does not let 'app' do {command} in shop: give it the role {role}"
    )


def test_other_refusals() -> None:
    assert server_error(18) == "the MongoDB in shop-db refuses the login of 'app' with $PASSWORD: fix it"
    assert server_error(13, "command find requires authentication", user="") == (
        "the MongoDB in shop-db demands a login: no user"
    )
    assert server_error(11000, f"E11000 duplicate key: {SECRET}") == "the MongoDB in shop-db refuses: Name"


def hello(**said: Any) -> Any:
    return SimpleNamespace(admin=SimpleNamespace(command=lambda _: said))


def test_the_primary_that_a_member_names() -> None:
    stack = release(container("mongo1", addresses=("10.0.0.7",)))
    said = {"setName": "rs0", "isWritablePrimary": False, "primary": "mongo1:27017"}
    there = primary.elsewhere(stack, hello(**said), AT)
    assert there and (there.host, there.told) == ("10.0.0.7", "in shop-mongo1-1")
    assert primary.elsewhere(stack, hello(**{**said, "isWritablePrimary": True}), AT) is None
    assert primary.elsewhere(stack, hello(isWritablePrimary=True), AT) is None
    with pytest.raises(GonogoError, match="is of the replica set rs0, not of rs1"):
        primary.elsewhere(stack, hello(**said), AT, "rs1")


def test_a_set_without_a_primary() -> None:
    with pytest.raises(GonogoError, match="the replica set rs0 of the MongoDB in shop-db has no primary"):
        primary.elsewhere(release(), hello(setName="rs0", isWritablePrimary=False), AT)
    with pytest.raises(GonogoError, match="never initiated"):
        primary.elsewhere(release(), hello(isreplicaset=True, isWritablePrimary=False), AT)


OTHER = {"isWritablePrimary": False, "primary": "mongo2:27017"}
NONE = {"isWritablePrimary": False}
GONE = {"isWritablePrimary": False, "primary": "gone:27017"}
WRITABLE = {"isWritablePrimary": True}


def electing(monkeypatch: pytest.MonkeyPatch, *said: dict[str, Any]) -> Any:
    """Have mongo1 say one thing after another, and the last for ever; mongo2 names mongo1 as the primary."""
    left = list(said)

    def hello(host: str) -> dict[str, Any]:
        if host == "mongo2":
            return {"setName": "rs0", "isWritablePrimary": False, "primary": "mongo1:27017"}
        return {"setName": "rs0", **(left.pop(0) if len(left) > 1 else left[0])}

    @contextmanager
    def connected(connection: Any, at: Address, *_: Any, **__: Any) -> Iterator[Any]:
        if at.host == "gone":
            raise Unanswered("the MongoDB at gone does not answer")
        yield SimpleNamespace(admin=SimpleNamespace(command=lambda _: hello(at.host)), host=at.host)

    monkeypatch.setattr(primary, "connected", connected)
    monkeypatch.setattr(primary, "PAUSE_S", 0.001)
    return SimpleNamespace(running=[], model=model(), connection=None)


def led(stack: Any) -> str:
    """Return the host of the server that gonogo ends at."""
    with primary.reached(stack, primary.Way((address.of_host("mongo1", 27017),), Login())) as given:
        return str(given.host)  # type: ignore[attr-defined]


def test_what_members_say_while_an_election_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first answer is that to the ping.
    assert led(electing(monkeypatch, {}, OTHER, OTHER, OTHER, GONE, NONE, OTHER, WRITABLE)) == "mongo1"


@every(
    "said, why",
    [
        (OTHER, "name one another as its primary"),
        (GONE, "the MongoDB at gone does not answer"),
        (NONE, "the replica set rs0 of the MongoDB at mongo1:27017 has no primary"),
    ],
)
def test_what_they_say_for_good(said: dict[str, Any], why: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        stack = electing(monkeypatch, said)
        monkeypatch.setattr(primary, "ELECTION_S", 0.01)
        with pytest.raises(GonogoError, match=why):
            led(stack)


def test_files_of_tls_are_read_on_the_target() -> None:
    pem = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"
    there, redactor = Answering(0, pem), Redactor()
    given = Mongodb(service="db", database="shop", tls_ca_file="ca's.pem", tls_client_file="/etc/c.pem")
    made = tls.trust(there, target(), given, redactor)
    assert there.asked == [
        """head -c 1048576 -- '/srv/shop/ca'"'"'s.pem'""",
        "head -c 1048576 -- /etc/c.pem",
    ]
    assert SECRET not in repr(made) and redactor(SECRET) == "[redacted]"


def test_a_key_that_openssl_cannot_read_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(GonogoError, match="must hold a certificate and its key, not encrypted"):
        tls.context(tls.Trust(client="-----BEGIN CERTIFICATE-----\n"))
    with pytest.raises(GonogoError, match="holds no certificate that OpenSSL reads"):
        tls.context(tls.Trust(authority="-----BEGIN CERTIFICATE-----\n"))
    assert not [*tmp_path.iterdir()]


def test_verification_is_on_unless_the_connection_string_says_otherwise() -> None:
    plain, named = tls.context(tls.Trust()), tls.context(tls.Trust(any_name=True))
    loose = tls.context(tls.Trust(any_certificate=True))
    assert [(one.check_hostname, int(one.verify_mode)) for one in (plain, named, loose)] == [
        (True, 2),
        (False, 2),
        (False, 0),
    ]
