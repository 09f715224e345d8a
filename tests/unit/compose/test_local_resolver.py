"""What is read of a repository without Compose: the compose file as it is written, and the env example."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy.compose import local_resolver
from gonogo.deploy.compose.model import Model, Mount, Port
from gonogo.deploy.rules import example
from gonogo.deploy.target import Target

SHORT = """
x-base: &base {image: "shop/base:${TAG:-1}", restart: always}
services:
  web:
    <<: *base
    build: .
    command: serve --port ${PORT}
    entrypoint: ["/run", "it"]
    environment: ["MODE=on", TOKEN, "PRICE=5$$"]
    ports: ["80:8080", "127.0.0.1:7020-7021:20-21/udp", "9000-9009:90", "6379"]
    volumes: ["data:/data:ro", "./conf:/conf", "/scratch"]
    depends_on: [cache]
    deploy: {replicas: 2}
    healthcheck: {test: [CMD, "true"]}
  cache: {image: redis, healthcheck: {disable: true}, profiles: [extra]}
  seed: {image: seed, profiles: [never]}
volumes: {data: {external: true, name: kept}}
"""


def target_of(folder: Path, **more: object) -> Target:
    given = {"file": folder / "t.toml", "name": "shop", "host": "web", "path": "/srv/shop", "source": folder}
    return Target.model_validate({**given, "project": "shop", "compose_files": ["compose.yaml"], **more})


def test_short_forms_of_a_compose_file_are_read_as_compose_does(tmp_path: Path) -> None:
    target = target_of(tmp_path, profiles=["extra"])
    model = Model.from_json(local_resolver.resolve(SHORT, target, {"TOKEN": "t$k", "PORT": "80"}))
    assert sorted(model.services) == ["cache", "web"]
    web = model.services["web"]
    assert (web.image, web.restart, web.scale, web.has_healthcheck) == ("shop/base:1", "always", 2, True)
    assert web.build == {"context": "/srv/shop", "dockerfile": "Dockerfile"}
    assert (web.command, web.entrypoint) == (("serve", "--port", "80"), ("/run", "it"))
    assert web.environment == {"MODE": "on", "TOKEN": "t$k", "PRICE": "5$"}
    assert web.ports == (
        Port("", 80, 8080, "tcp"),
        Port("127.0.0.1", 7020, 20, "udp"),
        Port("127.0.0.1", 7021, 21, "udp"),
        Port("", 0, 6379, "tcp"),
    )
    assert len(web.ranges[0]) == 10
    assert web.mounts == (
        Mount("volume", "data", "/data", True),
        Mount("bind", "/srv/shop/conf", "/conf"),
        Mount("volume", "", "/scratch"),
    )
    assert (model.volumes, model.external_volumes) == ({"data": "kept"}, {"kept"})
    assert not model.services["cache"].has_healthcheck
    assert local_resolver.needs_compose("include: [a.yml]\nservices: {a: {extends: b}}\n") == [
        "extends",
        "include",
    ]


def test_an_env_example_is_read_by_the_rules_of_compose(tmp_path: Path) -> None:
    text = "A=1 # a\nexport B='x # ${A}'\nC=\"two\\nlines ${A}\nthree\"\n\nD:d\nA=2\nnot one\nE=\nF='open\n"
    values, faults = example.read(text)
    assert values["B"] == "x # ${A}"
    assert values["C"] == "two\nlines 1\nthree"
    assert (values["A"], values["D"], values["E"]) == ("2", "d", "")
    assert faults == [
        "A is given twice",
        "line 8 is no NAME=value",
        "the quote of F in line 10 is never closed",
    ]
    target = target_of(tmp_path, environment={"required": ["KEY"], "placeholders": ["to-be-set"]})
    flat = "services: {a: {image: 'i:${T:-${U}}', command: '${V:?} ${W?} ${X-} ${Y:+z} $$NO ${HOME}'}}\n"
    assert example.demanded(flat, target) == ["KEY", "U", "V", "W"]
    assert example.insisted(flat, {"V": "", "W": ""}) == ["V"]
    real = {
        "API_KEY": "9fK2mQ8vXw4LrT7bZc1Y",
        "URL": "mongodb://shop:Correct-Horse-77@db/",
        "DB_PASSWORD": "Correct-Horse-77",
    }
    for name, value in real.items():
        assert example.is_real(name, value, target)
    for name, value in {
        "DB_PASSWORD": "postgres",
        "API_KEY": "<your key>",
        "JWT_SECRET": "to-be-set",
    }.items():
        assert not example.is_real(name, value, target)
    assert example.look(target) is None
