"""Every shape of a MongoDB is reached: without a login, outside the stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.mongodb.server import login, primary
from tests import harness
from tests.mongo.ground import PASSWORD, USER
from tests.mongo.shapes import KNOWN, Shape, shape, uri
from tests.mongo.whole import refused, whole

OWNER = {"service": "mongodb", "database": "shop"}
OUTSIDE = {"uri_variable": "MONGODB_URI", "database": "shop"}

CHECKS = ("mongodb.login", "mongodb.healthy", "mongodb.size", "mongodb.version")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shape]:
    """One server with the login of the env file, outside the project, and a user of the database's own."""
    with shape(tmp_path_factory.mktemp("alone")) as made:
        name = made.server("elsewhere", environment=KNOWN, in_project=False)
        with made.client(name) as client:
            client.shop.users.insert_many([{"_id": n} for n in range(7)])
            client.shop.command("createUser", "app@x", pwd=PASSWORD, roles=["readWrite"])
        yield made


def _host(made: Shape, service: str = "elsewhere") -> str:
    return f"{made.address(f'{made.project}-{service}')}:27017"


def _at(made: Shape, service: str = "elsewhere") -> str:
    return f"the MongoDB at {_host(made, service)}"


def test_a_server_without_authentication(tmp_path: Path) -> None:
    with shape(tmp_path) as made:
        name = made.server("mongodb")
        made.client(name, login=False).shop.users.insert_one({})
        with made.release() as release:
            with login.opened(release) as client:
                assert client.shop.users.count_documents({}) == 1
            whole(release, tmp_path)


def test_a_login_in_files_of_the_container(tmp_path: Path) -> None:
    with shape(tmp_path) as made:
        places = {
            "MONGO_INITDB_ROOT_USERNAME": "/run/user name",
            "MONGO_INITDB_ROOT_PASSWORD": "/run/password",
        }
        given = {f"{name}_FILE": place for name, place in places.items()}
        files = {places[name]: f"{value}\n" for name, value in KNOWN.items()}
        made.server("mongodb", environment=given, files=files)
        made.client(made.container).close()
        with made.release() as release:
            with login.opened(release) as client:
                assert client.shop.users.count_documents({}) == 0
            assert release.redactor(PASSWORD) == "[redacted]"
            variables = "".join(f"      {name}_FILE: {place}\n" for name, place in places.items())
            text = (made.folder / "compose.yaml").read_text()
            (made.folder / "compose.yaml").write_text(text.partition("      MONGO")[0] + variables)
            state = release.host.mongodb(release).state
            assert state is not None and state.writable


def test_a_login_that_the_container_does_not_have(tmp_path: Path) -> None:
    with shape(tmp_path) as made:
        made.server("mongodb", environment=KNOWN)
        made.client(made.container).close()
        said = refused(made, mongodb={**OWNER, "username_variable": "NOBODY"})
        assert said == (
            f"the MongoDB in {made.container} demands a login: its container has no NOBODY, so name the "
            "variable that has the user with mongodb.username_variable in the target file"
        )
        said = refused(made, mongodb={**OWNER, "auth_database": "shop"})
        assert said.startswith(f"the MongoDB in {made.container} refuses the login of 'root' with the value")


def test_a_string_with_every_character_that_it_may_hold(alone: Shape) -> None:
    alone.variables = {"MONGODB_URI": uri(_host(alone), USER, PASSWORD, "/?authSource=admin")}
    with alone.release(mongodb=OUTSIDE) as release:
        with login.opened(release) as client:
            assert client.shop.users.count_documents({}) == 7
        state = release.host.mongodb(release).state
        assert login.counted(release) == {"users": 7}
        assert state is not None and state.counts == {"users": 7} and state.image == ""
        for form in (PASSWORD, quote(PASSWORD, safe=""), quote_plus(PASSWORD)):
            assert release.redactor(f"<{form}>") == "<[redacted]>"
        assert not any(PASSWORD in str(entry) for entry in release.transcript.entries)


def test_the_database_of_the_string_is_that_of_its_login(alone: Shape) -> None:
    alone.variables = {"MONGODB_URI": uri(_host(alone), "app@x", PASSWORD, "/shop")}
    with alone.release(mongodb=OUTSIDE) as release, login.opened(release) as client:
        assert client.shop.users.count_documents({}) == 7
    alone.variables = {"MONGODB_URI": uri(_host(alone), "app@x", PASSWORD, "/other")}
    said = refused(alone, mongodb=OUTSIDE)
    assert said == (
        f"{_at(alone)} refuses the login of 'app@x' with the password in MONGODB_URI: correct it in the env "
        "file, or authSource, which is other"
    )


def test_all_that_is_done_with_data_outside_the_stack(alone: Shape, tmp_path: Path) -> None:
    alone.variables = {"MONGODB_URI": uri(_host(alone), "app@x", PASSWORD, "/shop")}
    with alone.release(mongodb=OUTSIDE) as release:
        whole(release, tmp_path)


def test_a_login_that_may_not(alone: Shape) -> None:
    alone.variables = {"MONGODB_URI": uri(_host(alone), "app@x", PASSWORD, "/shop")}
    with alone.release(mongodb=OUTSIDE) as release:
        with pytest.raises(GonogoError) as raised, login.opened(release) as client:
            client.admin.command("usersInfo", 1)
        assert str(raised.value) == (
            f"{_at(alone)} does not let 'app@x' do usersInfo in admin: give it the role userAdmin"
        )
        told = "do listCollections in other: give it the role read "
        with pytest.raises(GonogoError, match=told), login.opened(release) as client:
            client.other.list_collection_names()
    alone.variables = {"MONGODB_URI": f"mongodb://{_host(alone)}"}
    assert refused(alone, mongodb=OUTSIDE).endswith(
        "demands a login: MONGODB_URI holds no user: put user and password into it"
    )


def test_a_host_where_nobody_is(alone: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    alone.variables = {"MONGODB_URI": uri("127.0.0.1:9", USER, PASSWORD)}
    with monkeypatch.context() as patched:
        patched.setattr(primary, "TIMEOUT_MS", 500)
        assert refused(alone, mongodb=OUTSIDE) == "the MongoDB at 127.0.0.1:9 does not answer on port 9"
    hosts = f"127.0.0.1:9,{_host(alone)}"
    alone.variables = {"MONGODB_URI": uri(hosts, USER, PASSWORD)}
    with alone.release(mongodb=OUTSIDE) as release, login.opened(release) as client:
        assert client.shop.users.count_documents({}) == 7


def test_the_checks_of_a_mongodb_outside_the_stack(alone: Shape) -> None:
    alone.variables = {"MONGODB_URI": uri(_host(alone), "app@x", PASSWORD, "/shop")}
    with alone.release(mongodb=OUTSIDE) as release:
        found = harness.run(release.target, release, only=CHECKS)
    assert {name: one.status for name, one in found.items()} == {
        "mongodb.login": "passed",
        "mongodb.healthy": "passed",
        "mongodb.size": "passed",
        "mongodb.version": "skipped",
    }
    assert found["mongodb.login"].found == f"{_host(alone)} lets the login of MONGODB_URI in"
    assert found["mongodb.size"].found.endswith("users 7")
    alone.variables = {"MONGODB_URI": uri(_host(alone), "app@x", "another", "/shop")}
    with alone.release(mongodb=OUTSIDE) as release:
        found = harness.run(release.target, release, only=CHECKS)
    assert {one.status for name, one in found.items() if name != "mongodb.login"} == {"blocked"}
    assert "refuses the login of 'app@x' with the password in MONGODB_URI" in found["mongodb.login"].message


def test_a_variable_that_is_not_there(alone: Shape) -> None:
    alone.variables = {}
    said = refused(alone, mongodb=OUTSIDE)
    assert said.startswith("the env file of the target has no MONGODB_URI: put the connection string there")
    with alone.release(mongodb=OUTSIDE) as release, pytest.raises(Unknown, match="has no MONGODB_URI"):
        _ = release.host.mongodb(release).state
