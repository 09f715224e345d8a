"""The checks of the stack, without a host: the env file, overrides, switches of Compose, image names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from gonogo.checks.preflight.test_compose import TAGGABLE, added, shared, switches
from gonogo.checks.preflight.test_project import holders
from gonogo.deploy import compose
from gonogo.deploy.compose.model import Model, Mount
from gonogo.deploy.host import env_file
from gonogo.deploy.rules import beside
from tests.unit.stacks import Answering, container, model, target
from tests.unit.tables import every


def test_the_env_file_as_it_stands_and_as_compose_reads_it() -> None:
    there = Answering(0, "export COMPOSE_PROJECT_NAME='infra'\nA='1'\n\0A=1\nCOMPOSE_PROJECT_NAME=shop\n")
    asked = env_file.ask(there, target())
    assert there.asked[0].startswith("cat -- /srv/shop/.env 2>/dev/null; printf '\\0'; env -i ")
    assert asked.raw == "export COMPOSE_PROJECT_NAME='infra'\nA='1'\n"
    assert env_file.values(asked, target()) == {"A": "1", "COMPOSE_PROJECT_NAME": "infra"}


VALUES = {"A": "a", "EMPTY": "", "MONEY": "$A"}


@every(
    "text, becomes",
    [
        ("$A/${A}", "a/a"),
        ("${A:-x}${EMPTY:-x}${EMPTY-x}${GONE-x}", "axx"),
        ("${GONE:-${A}}${GONE:-${ALSO:-deep}}", "adeep"),
        ("${A:+yes}${EMPTY:+yes}${EMPTY+yes}${GONE+yes}", "yesyes"),
        ("${A:?say}${GONE}", "a"),
        ("$$A ${MONEY}", "$A $A"),
    ],
)
def test_variables_are_replaced_as_compose_does(text: str, becomes: str) -> None:
    assert compose.interpolated(text, VALUES) == becomes


def test_env_files_of_services_are_paths_of_the_target() -> None:
    flat = (
        "services:\n  a:\n    env_file:\n      - path: ${ENV:-.env}\n      - path: ./b/../c.env\n"
        "  b:\n    env_file:\n      - path: /etc/x.env\n        required: false\n      - path: ${GONE}\n"
    )
    assert env_file.service_files(flat, {}, target()) == [
        "/srv/shop/.env",
        "/srv/shop/c.env",
        "/etc/x.env",
    ]
    assert env_file.service_files("services: {}\n", {}, target()) == []


def test_warnings_of_compose_without_those_of_unset_variables() -> None:
    said = (
        'time="t" level=warning msg="/src/a.yml: the attribute `version` is obsolete, \\"x\\""\n'
        'time="t" level=warning msg="The \\"A\\" variable is not set. Defaulting to a blank string."\n'
    )
    assert compose.warnings(said) == ['/src/a.yml: the attribute `version` is obsolete, "x"']


def test_variables_of_compose_that_say_other_than_the_target_file() -> None:
    there = target(profiles=["a", "b"])
    same = {
        "COMPOSE_PROJECT_NAME": "shop",
        "COMPOSE_FILE": "compose.yaml",
        "COMPOSE_PROFILES": "a,b",
        "COMPOSE_HTTP_TIMEOUT": "9",
        "COMPOSE_ENV_FILES": "",
    }
    assert switches(there, same) == []
    other = {"COMPOSE_PROJECT_NAME": "infra", "COMPOSE_FILE": "x.yaml", "COMPOSE_COMPATIBILITY": "1"}
    assert set(switches(there, other)) == set(other)


def test_files_that_were_added_to_those_that_are_deployed() -> None:
    base = "/srv/shop/compose.yaml"
    running = [
        container("a", files=f"{base},/srv/shop/compose.override.yaml"),
        container("b", files=f"{base},/srv/shop/extra.yaml"),
        container("c", files=base),
        container(
            "d", files="/srv/shop/.deploy/releases/v1/compose.yaml,/srv/shop/.deploy/releases/v1/images.yaml"
        ),
        container("e", files="/opt/old/docker-compose.yml"),
        container("f"),
    ]
    assert added(running, target()) == {
        "/srv/shop/compose.override.yaml": ["shop-a-1"],
        "/srv/shop/extra.yaml": ["shop-b-1"],
    }


@every(
    "name",
    [
        "chat-api",
        "chat-api:latest",
        "registry.example.com:5000/a/b__c:v1.2",
        "[::1]:5000/a",
        "a/b-c_d.e",
        "Host/x",
    ],
)
def test_names_that_a_build_may_have(name: str) -> None:
    assert TAGGABLE.fullmatch(name)


@every("name", ["", "Chat", "a:", "a@sha256:0", "a//b", "a:-x", "-a", "a b", "a:x\n", f"a:{'x' * 129}"])
def test_names_that_no_build_may_have(name: str) -> None:
    assert not TAGGABLE.fullmatch(name)


def test_different_builds_under_one_name() -> None:
    services = model(
        a={"image": "x", "build": {"context": "/a"}},
        b={"image": "x", "build": {"context": "/b"}},
        c={"image": "y", "build": {"context": "/c"}},
        d={"image": "y", "build": {"context": "/c"}},
        e={"image": "y"},
    ).services.values()
    assert shared(s for s in services if s.build) == ["x is built in different ways by a, b"]


def test_names_are_held_by_what_a_release_does_not_replace() -> None:
    found = model(api={"container_name": "api"}, web={"container_name": "web"}, job={})
    held = [
        container("api", name="api"),
        container("site", name="web"),
        container("job", name="shop-job-1", project="other"),
    ]
    assert [one.name for one in holders(held, found, "shop")["web"]] == ["web"]
    assert holders([container("api", name="api", oneoff=True)], found, "shop")
    assert holders([container("api", name="api", project="")], found, "shop")
    assert list(holders(held, found, "shop")) == ["web"]


def test_overrides_beside_compose_files_that_are_not_deployed(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for name in ("compose.yaml", "compose.override.yaml", "parts/docker-compose.override.yml"):
        (tmp_path / name).write_text("services: {}\n")
    assert beside.strays(tmp_path, ["compose.yaml"]) == ("compose.override.yaml",)
    assert beside.strays(tmp_path, ["compose.yaml", "./compose.override.yaml"]) == ()
    assert beside.strays(tmp_path, ["parts/x.yaml"]) == ("parts/docker-compose.override.yml",)
    assert not beside.read(target(tmp_path, source=str(tmp_path))).repository


@pytest.mark.parametrize(
    ("lines", "secret"),
    [
        (["JWT_SECRET=9c1f-a-real-one"], True),
        (["MODE=production", "# JWT_SECRET=x"], False),
        (["JWT_SECRET=change-me", "DB_PASSWORD='your-password-here'", "API_KEY="], False),
    ],
)
def test_env_files_that_hold_secrets(lines: list[str], secret: bool) -> None:
    assert beside.holds_secrets(lines) is secret


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


def test_paths_of_the_target_stay_paths_of_the_target() -> None:
    assert env_file.file(target()) == "/srv/shop/.env"
    assert env_file.file(target(env_file="/etc/shop.env")) == str(PurePosixPath("/etc/shop.env"))
