"""The env files of a release: how they are kept with it, found again, and compared with those of now."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gonogo.deploy.release import env_files, records
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from tests.unit.stacks import target

FLAT = """services:
  api:
    image: api
    env_file:
      - path: ${STAGE:-prod}.env
        required: true
      - path: gone.env
        required: false
        format: raw
  web:
    image: web
"""
IMAGES = {"web": Image(name="shop-web:latest", id="sha256:2"), "api": Image(name="a", id="sha256:1")}


@pytest.fixture
def there(tmp_path: Path) -> Target:
    return target(path=str(tmp_path))


def test_pins_name_the_images_by_id() -> None:
    assert yaml.safe_load(env_files.pins(IMAGES)) == {
        "services": {"api": {"image": "sha256:1"}, "web": {"image": "sha256:2"}}
    }
    assert yaml.safe_load(env_files.pins({})) == {"services": {}}


def test_all_env_files_are_kept_private_and_stay_as_they_were(
    connection: Connection, there: Target, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("MODE=good\n")
    (tmp_path / "prod.env").write_text("KEY=1\n")
    files = env_files.of_services(FLAT, {}, there)
    env_files.write(connection, there, "v1", FLAT, IMAGES, files)
    (tmp_path / ".env").write_text("MODE=bad\n")
    folder = tmp_path / ".deploy" / "releases" / "v1"
    kept = Path(str(env_files.at(there, "v1").env_path))
    assert kept == folder / ".env"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("MODE=good\n", 0o600)
    override = (folder / records.IMAGES_FILE).read_text().replace("!override", "")
    given = yaml.safe_load(override)["services"]
    first, second = given["api"]["env_file"]
    assert first["required"] is True
    assert Path(first["path"]).read_text() == "KEY=1\n"
    assert Path(first["path"]).stat().st_mode & 0o777 == 0o600
    assert {key: value for key, value in second.items() if key != "path"} == {
        "required": False,
        "format": "raw",
    }
    assert not Path(second["path"]).exists(), "what was not there is not there then"
    assert "env_file" not in given["web"]


def test_without_an_env_file_an_empty_one_is_kept(connection: Connection, there: Target) -> None:
    env_files.write(connection, there, "v1", "services: {}", {}, {})
    assert Path(str(env_files.at(there, "v1").env_path)).read_text() == ""


def test_a_release_of_an_earlier_version_has_the_file_of_now(there: Target) -> None:
    old = Record(version="v1", created="", project="shop")
    assert env_files.as_of(there, old) is there
    new = old.model_copy(update={"format": 2})
    assert env_files.as_of(there, new).env_path == records.folder(there, "v1") / ".env"


def test_a_difference_is_told_by_names_alone() -> None:
    then, now = {"A": "1", "B": "2", "C": "3"}, {"A": "1", "B": "secret", "D": "4"}
    assert env_files.difference(then, now) == "changed: B; added: D; removed: C"
    assert env_files.difference(then, then) == ""
