"""The resolved model: what is read of each service."""

from __future__ import annotations

import json

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Mount, Port
from gonogo.deploy.errors import GonogoError
from tests.unit.tables import every


def model(**services) -> Model:
    return Model.from_json(json.dumps({"name": "p", "services": services, "volumes": {"v": {}}}))


def test_a_service_is_read():
    read = model(
        api={
            "image": "x",
            "build": {"context": "/srv"},
            "environment": {"A": "a$$b", "B": None},
            "ports": [
                {"target": 80, "published": "8080", "host_ip": "::1", "protocol": "udp"},
                {"target": 1},
            ],
            "healthcheck": {"test": ["CMD", "x"]},
        },
        job={"depends_on": {"api": {"condition": "service_healthy"}}},
    )
    api = read.services["api"]
    assert api.environment == {"A": "a$b", "B": ""}
    assert api.ports == (Port("::1", 8080, 80, "udp"), Port("", 0, 1, "tcp"))
    assert api.healthcheck and api.healthcheck.tested
    assert read.services["job"].image == "p-job"
    assert read.order() == ["api", "job"]
    assert read.built() == ["api"]
    assert [str(port) for _, port in read.published()] == ["[::1]:8080/udp"]
    assert read.volumes == {"v": "p_v"}


def test_one_shots_are_those_that_others_wait_for_to_end():
    read = model(api={"depends_on": {"init": {"condition": "service_completed_successfully"}}}, init={})
    assert read.one_shots() == {"init"}


def test_a_circle_is_named():
    with pytest.raises(GonogoError, match="a, b depend on each other"):
        model(a={"depends_on": {"b": {}}}, b={"depends_on": {"a": {}}}).order()


@every("text", ["", "{", "[]", '{"name": "x", "services": 3}', '{"services": {}}'])
def test_anything_else_is_one_sentence(text):
    with pytest.raises(GonogoError, match="printed no model"):
        Model.from_json(text)


def test_more_of_a_service_is_read() -> None:
    found = Model.from_json(
        '{"name":"p","services":{"a":{"image":"x","command":["a","b c"],"entrypoint":null,"user":"1000",'
        '"platform":"linux/arm64","mem_reservation":"1024","networks":{"default":null,"x":{"aliases":["y"]}},'
        '"volumes":[{"type":"volume","source":"v","target":"/v"},{"type":"volume","source":"w","target":"/w"},'
        '{"type":"bind","source":"/b","target":"/b","bind":{"create_host_path":false}}]},'
        '"b":{"build":{},"deploy":{"resources":{"reservations":{"memory":"2048"}}}}},'
        '"volumes":{"v":{"name":"real","external":true},"w":null}}'
    )
    a, b = found.services["a"], found.services["b"]
    assert (a.named, a.command, a.entrypoint, a.user) == (True, ("a", "b c"), (), "1000")
    assert (a.platform, a.memory_reservation, a.aliases) == ("linux/arm64", 1024, ("y",))
    assert (b.named, b.image, b.memory_reservation) == (False, "p-b", 2048)
    assert [found.volume_of(mount) for mount in a.mounts] == ["real", "p_w", ""]
    assert a.mounts[2] == Mount("bind", "/b", "/b", create_host_path=False)
    assert found.external_volumes == {"real"}
