"""A compose file as it is read on a machine without Compose."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy.compose import local_resolver
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Mount, Port
from gonogo.deploy.target.target import Target

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
    assert (web.image, web.restart, web.scale, bool(web.healthcheck)) == ("shop/base:1", "always", 2, True)
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
    off = model.services["cache"].healthcheck
    assert off and off.off
    assert local_resolver.needs_compose("include: [a.yml]\nservices: {a: {extends: b}}\n") == [
        "extends",
        "include",
    ]
