"""What an engine says of images: by the names they were asked for, and nothing secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import images
from gonogo.deploy.host.images import ImageInfo, familiar
from tests.unit.stacks import Answering
from tests.unit.tables import every

ID = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def line(**given: Any) -> str:
    fields = {
        "id": ID,
        "tags": ["shop-api:latest"],
        "digests": [],
        "os": "linux",
        "architecture": "amd64",
        "variant": "",
        "size": 5,
        "created": "2026-01-31T08:05:59.123456789Z",
        "layers": ["sha256:1"],
    }
    return json.dumps({**fields, **given}) + "\n"


def test_an_image_is_found_by_each_of_its_names_and_by_its_id() -> None:
    text = line(tags=["shop-api:latest", "redis:7"], digests=[f"redis@{OTHER}"])
    asked = ["shop-api", "docker.io/library/redis:7", f"redis:7@{OTHER}", "shop-web"]
    assert set(images.parse(asked, text)) == {*asked[:3], ID}


def test_what_is_kept_of_an_image() -> None:
    config = {
        "labels": {"org.opencontainers.image.revision": "c0ffee", "com.example.team": "shop"},
        "user": "app",
        "command": ["serve"],
        "entrypoint": None,
        "variables": ["NODE_ENV=production", "MONGO_VERSION=7.0=x", "EMPTY", None],
    }
    assert images.parse(["shop-api"], line(variant="v8", architecture="arm64", **config))[
        "shop-api"
    ] == ImageInfo(
        ID,
        "linux/arm64/v8",
        5,
        "2026-01-31T08:05:59.123456789Z",
        {"org.opencontainers.image.revision": "c0ffee"},
        ("sha256:1",),
        "app",
        {"NODE_ENV": "production", "MONGO_VERSION": "7.0=x"},
        ("serve",),
    )


def test_an_image_without_layers_tags_or_configuration() -> None:
    text = line(tags=None, digests=None, layers=None, size=None, created="")
    assert images.parse([ID], text) == {ID: ImageInfo(ID, "linux/amd64")}


@every("text", ["{", "{}", '{"id": 1}', line(size="x"), line(tags=3), line(labels=[1]), line(variables=[3])])
def test_what_is_no_description_of_an_image(text: str) -> None:
    with pytest.raises(GonogoError, match="in no way that can be read"):
        images.parse(["shop-api"], text)


def test_no_variable_but_the_named_ones_is_asked_for() -> None:
    assert "{{json .Env}}" not in images.FORM
    assert images.FORM.count(".Env") == 1
    assert "'" not in images.FORM  # it stands in single quotes


@every(
    "name, known",
    [
        ("redis", "redis:latest"),
        ("docker.io/library/redis", "redis:latest"),
        ("index.docker.io/library/redis:7", "redis:7"),
        ("docker.io/team/app:1", "team/app:1"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("localhost:5000/app:1", "localhost:5000/app:1"),
        (f"app:1@{ID}", f"app@{ID}"),
        (f"localhost:5000/app@{ID}", f"localhost:5000/app@{ID}"),
        (ID, ID),
    ],
)
def test_the_name_under_which_an_engine_lists_an_image(name: str, known: str) -> None:
    assert familiar(name) == known


def test_names_and_ids_are_asked_once_and_quoted() -> None:
    there = Answering(1, line(), "Error response from daemon: no such image: b: No such image: b:latest\n")
    assert images.images(there, ["b;reboot", "shop-api", "shop-api"]) == {"shop-api": ID}
    assert there.asked[0].endswith("-- 'b;reboot' shop-api")


def test_the_ids_of_a_record_are_asked_for_there() -> None:
    there = Answering(0, line())
    images.inspect(there, ["shop-api"], [OTHER], "/srv/it's/release.json")
    (asked,) = there.asked
    assert f"-- shop-api {OTHER} $(grep " in asked
    assert """'/srv/it'"'"'s/release.json' 2>/dev/null)""" in asked


def test_nothing_is_asked_about_no_images() -> None:
    there = Answering(1)
    assert images.images(there, []) == {}
    assert images.pullable(there, []) == {}
    assert images.local([]) == {}
    assert there.asked == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock", "does not run"),
        (
            "No such image: b\npermission denied while trying to connect to the API",
            "not use the Docker socket",
        ),
        ("", "it said nothing"),
    ],
)
def test_an_engine_that_refuses_is_no_missing_image(words: str, said: str) -> None:
    with pytest.raises(GonogoError, match=said):
        images.images(Answering(1, "", words), ["a"])


def test_registries_are_asked_side_by_side() -> None:
    there = Answering(0, "1\n")
    assert images.pullable(there, ["b", "a", "a b"]) == {"a": False, "a b": True, "b": False}
    (asked,) = there.asked
    assert asked.count("docker manifest inspect -- ") == 3
    assert "-- 'a b' " in asked and asked.endswith("& wait")
