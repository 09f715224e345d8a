"""A replica set of three members: its primary is found from each, and told when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.mongodb.server import login, primary
from lab.docker import check
from tests import harness
from tests.mongo.ground import PASSWORD, USER
from tests.mongo.shapes import Shape, replica_set, shape, uri, wait
from tests.mongo.whole import refused, whole

OWNER = {"service": "mongodb", "database": "shop"}
OUTSIDE = {"uri_variable": "MONGODB_URI", "database": "shop"}

CHECKS = ("mongodb.login", "mongodb.healthy", "mongodb.size", "mongodb.version")


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shape]:
    with replica_set(tmp_path_factory.mktemp("set")) as made:
        yield made


@pytest.mark.parametrize("service", ["mongo1", "mongo2"])
def test_the_primary_is_found_from_any_member(members: Shape, service: str) -> None:
    members.variables = {"MONGODB_URI": uri(service, USER, PASSWORD, "/shop?authSource=admin&replicaSet=rs0")}
    with members.release(mongodb=OUTSIDE) as release:
        with login.opened(release) as client:
            assert client.admin.command("hello")["me"] == "mongo1:27017"
            client.shop.users.insert_one({"from": service})
            with client.start_session(snapshot=True) as snapshot:
                assert client.shop.users.find_one({"from": service}, session=snapshot)
        state = release.host.mongodb(release).state
    assert state is not None and state.writable
    assert (state.container, state.image, state.replica_set) == (f"{members.project}-{service}", "", "rs0")
    assert sorted(one.state for one in state.members) == ["PRIMARY", "SECONDARY", "SECONDARY"]


def test_a_member_of_the_stack_tells_its_state_itself(
    members: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "service", "mongo1")
    with members.release(mongodb={**OWNER, "service": "mongo1"}) as release:
        state = release.host.mongodb(release).state
        assert state is not None and state.writable and state.container == f"{members.project}-mongo1"
        with login.opened(release) as client:
            assert client.admin.command("hello")["me"] == "mongo1:27017"


def test_a_secondary_is_well_when_its_set_is(members: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "service", "mongo2")
    with members.release(mongodb={**OWNER, "service": "mongo2"}) as release:
        found = harness.run(release.target, release, only=CHECKS)
    assert {one.status for one in found.values()} == {"passed"}
    assert found["mongodb.healthy"].found == f"{members.project}-mongo2: a member of rs0, 3 well"


def test_all_that_is_done_with_data_over_a_set(members: Shape, tmp_path: Path) -> None:
    # The service is a secondary here, and what is asked of the data goes to the primary.
    members.variables = {
        "MONGODB_URI": uri("mongo2", USER, PASSWORD, "/shop?authSource=admin&replicaSet=rs0")
    }
    with members.release(mongodb=OUTSIDE) as release:
        whole(release, tmp_path)


def test_another_set_than_the_string_says(members: Shape) -> None:
    members.variables = {"MONGODB_URI": uri("mongo2", USER, PASSWORD, "/?replicaSet=rs1")}
    said = refused(members, mongodb=OUTSIDE)
    assert said.endswith("is of the replica set rs0, not of rs1: correct replicaSet in the connection string")


def test_the_one_that_is_elected_is_waited_for(members: Shape) -> None:
    members.variables = {"MONGODB_URI": uri("mongo2", USER, PASSWORD, "/?authSource=admin")}
    first = members.client(f"{members.project}-mongo1")
    for _ in range(3):
        with members.release(mongodb=OUTSIDE) as release:
            assert release.running  # so that nothing is between the election and the question
            first.admin.command("replSetStepDown", 1, secondaryCatchUpPeriodSecs=0, force=True)
            with login.opened(release) as client:
                assert client.admin.command("hello")["setName"] == "rs0"
        # It has the highest priority, and takes its place again.
        wait(lambda: first.admin.command("hello")["isWritablePrimary"])
    first.close()


def test_hosts_that_are_gone_a_new_primary_and_none_at_all(
    members: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = "mongo1:27017,mongo2:27017,mongo3:27017"
    members.variables = {"MONGODB_URI": uri(hosts, USER, PASSWORD, "/?authSource=admin")}
    check(["docker", "kill", f"{members.project}-mongo1"])
    with members.release(mongodb=OUTSIDE) as release, login.opened(release) as client:
        assert client.admin.command("hello")["me"] in ("mongo2:27017", "mongo3:27017")
    check(["docker", "kill", f"{members.project}-mongo2"])
    # It names the member that is gone, or itself if it was elected meanwhile, until it knows it is alone.
    last = members.client(f"{members.project}-mongo3")
    wait(lambda: "primary" not in last.admin.command("hello"))
    last.close()
    monkeypatch.setattr(primary, "ELECTION_S", 3.0)
    assert refused(members, mongodb=OUTSIDE) == (
        f"the replica set rs0 of the MongoDB in {members.project}-mongo3 has no primary: start its other "
        "members, or see what rs.status() says of them"
    )


def test_a_member_that_was_never_initiated(tmp_path: Path) -> None:
    with shape(tmp_path) as made:
        name = made.server("mongodb", "--replSet", "rs0")
        made.client(name, login=False).close()
        assert refused(made) == (
            f"the MongoDB in {name} is of a replica set that was never initiated: run rs.initiate() on it"
        )
