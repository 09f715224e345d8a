"""What an image is, told from what two engines say of it; the digests are made by the shell line itself."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import identities, images, local
from gonogo.deploy.ssh.connection import Connection

SAID = '{id} 2026-01-31T08:00:00.5Z linux amd64  {layers} Env ["A=b c","SECRET=s3cret"] Cmd ["x"] '
REFUSES = "echo 'content digest: not found' >&2; exit 1\n"
LAYERS = '["sha256:1","sha256:2"]'


def engine(folder: Path, *lines: str) -> None:
    """Put a `docker` first that says these lines of whatever image it is asked for."""
    told = folder / "told"
    told.write_text("".join(f"{line}\n" for line in lines))
    (folder / "docker").write_text(
        f"#!/bin/sh\n[ \"$2\" = ls ] && {{ echo sha256:x; exit; }}\ncat '{told}'\n"
    )
    (folder / "docker").chmod(stat.S_IRWXU)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:{Path(shutil.which('sh') or '/bin/sh').parent}:/usr/bin:/bin")
    return tmp_path


def test_the_same_image_is_the_same_in_every_store_and_no_other(docker: Path) -> None:
    found: dict[str, str] = {}
    rows = {
        "sha256:config": LAYERS,
        "sha256:manifest": LAYERS,
        "sha256:other": '["sha256:1"]',
    }
    for id_, layers in rows.items():
        engine(docker, SAID.format(id=id_, layers=layers))
        found |= identities.here([id_])
    assert found.keys() == rows.keys()
    assert found["sha256:config"] == found["sha256:manifest"] != found["sha256:other"]
    assert all(len(one) == 64 for one in found.values())


def test_no_variable_of_an_image_leaves_the_machine(docker: Path) -> None:
    engine(docker, SAID.format(id="sha256:config", layers=LAYERS))
    done = subprocess.run(["sh", "-c", identities.command(None)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sha256:config ")
    assert "s3cret" not in done.stdout


def test_backslashes_and_odd_characters_are_part_of_what_is_compared(docker: Path) -> None:
    found = []
    for word in (r"a\nb", r"a\\nb", "%s", "ü", "  "):
        engine(docker, SAID.format(id="sha256:config", layers=f'["{word}"]'))
        found += identities.here(["sha256:config"]).values()
    assert len(set(found)) == 5


def test_what_is_no_row_is_left_out() -> None:
    assert identities.parse("sha256:a 1\nsha256:b\nnone 2\n\nError: x y\n") == {"sha256:a": "1"}
    assert identities.here([]) == {}


def test_counterparts(monkeypatch: pytest.MonkeyPatch, connection: Connection) -> None:
    asked: list[object] = []
    monkeypatch.setattr(images, "images", lambda _, ids: {"same": "same"} if "same" in ids else {})
    monkeypatch.setattr(
        identities, "there", lambda _: asked.append("there") or {"manifest": "one", "x": "two"}
    )
    monkeypatch.setattr(
        identities, "here", lambda ids, _: {id_: {"config": "one"}.get(id_, "none") for id_ in ids}
    )
    assert identities.counterparts(connection, ["same"]) == {"same": "same"}
    assert asked == [], "an id that the target knows needs no second question"
    found = identities.counterparts(connection, ["same", "config", "lacking"])
    assert found == {"same": "same", "config": "manifest"}
    assert identities.counterparts(connection, []) == {}


def test_what_is_in_no_list_is_found_by_its_name(
    monkeypatch: pytest.MonkeyPatch, connection: Connection
) -> None:
    said = {identities.LIST: "manifest\nx\n", identities.command(["app@sha256:1"]): "sha256:pulled one\n"}
    monkeypatch.setattr(connection, "run", lambda asked, **_: SimpleNamespace(ok=True, text=said[asked]))
    monkeypatch.setattr(images, "images", lambda *_: {})
    monkeypatch.setattr(identities, "there", lambda _: {"x": "two"})
    monkeypatch.setattr(identities, "here", lambda ids, _: dict.fromkeys(ids, "one"))
    assert identities.counterparts(connection, ["config"]) == {}
    found = identities.counterparts(connection, ["config"], ["app@sha256:1"])
    assert found == {"config": "sha256:pulled"}
    assert identities.listed(connection, found) == {}, "the engine has not all of it"
    assert identities.listed(connection, {"config": "manifest"}) == {"config": "manifest"}


def test_an_engine_that_could_not_be_looked_at_is_asked_again_and_then_told(
    monkeypatch: pytest.MonkeyPatch, docker: Path
) -> None:
    monkeypatch.setattr(identities, "PAUSE_S", 0)
    (docker / "docker").write_text(
        f"#!/bin/sh\n[ \"$2\" = ls ] || exit 0\necho x >> '{docker}/asked'\n"
        f"[ $(wc -l < '{docker}/asked') -gt 2 ] && echo sha256:x && exit\n{REFUSES}"
    )
    (docker / "docker").chmod(stat.S_IRWXU)
    assert identities.listed(local.here(), {"x": "sha256:x"}) == {"x": "sha256:x"}
    (docker / "docker").write_text(f"#!/bin/sh\n{REFUSES}")
    for look in (identities.every, identities.there):
        with pytest.raises(GonogoError, match="content digest: not found"):
            look(local.here())
