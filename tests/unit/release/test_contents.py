"""Which services have other files in their containers than they would be given now."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.host import mounted
from gonogo.deploy.host.mounted import Mounted, Mounts, Place
from gonogo.deploy.release import contents
from gonogo.deploy.release.contents import Kept, Stale, reasons, stale
from gonogo.deploy.ssh.connection import Connection
from tests.unit.stacks import Answering, container, target

NOTHING = cast(Connection, Answering())
ONE = "/srv/shop/one"
STARTED = "2026-11-30T08:57:14.935682245Z"
BEFORE, AFTER = 1796029000.0, 1796030000.0


def stack(*, read_only: bool = True, **more: Any) -> Model:
    mount = {"type": "bind", "source": ONE, "target": "/one", "read_only": read_only}
    return Model.from_json(
        json.dumps({"name": "shop", "services": {"api": {"image": "api", "volumes": [mount]}}, **more})
    )


def looked(  # noqa: PLR0913  what there is to see of one mount
    monkeypatch: pytest.MonkeyPatch,
    *,
    kind: str = "file",
    changed: float = BEFORE,
    moved: bool = False,
    then: str = "",
    now: str = "",
    read_only: bool = True,
    source: str = ONE,
) -> list[Stale]:
    """What is said of one mount; ``then``, ``now``: the digests of the file, where they are known."""
    paths = {ONE: Mounted(ONE, kind, changed, Place("8:1", ONE)), "/srv/other": Mounted("/srv/other", "file")}
    seen = {"id-of-api": {"/one": Place("8:1", "/srv/shop/one//deleted" if moved else ONE)}}
    monkeypatch.setattr(mounted, "mounts", lambda *_: Mounts(paths, seen))
    kept = {"id-of-api": Kept(key="k", files={ONE: then})} if then else {}
    monkeypatch.setattr(contents, "_kept", lambda *_: kept)
    monkeypatch.setattr(contents, "_digests", lambda *_: {ONE: now} if now else {})
    places = ("/one",) if read_only else ()
    one = container("api", started=STARTED, mounts=(("bind", source, "/one"),), read_only=places)
    return stale(NOTHING, target(), stack(read_only=read_only), [one], {}, "")


def test_a_mounted_file_is_compared_by_its_digest_where_one_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(monkeypatch, then="a", now="a", changed=AFTER, moved=True) == [], "the content is the same"
    (found,) = looked(monkeypatch, then="a", now="b")
    assert (found.what, found.why) == ("replaced", f"its file {ONE} changed since it was started")
    (found,) = looked(monkeypatch, then="a", now="b", read_only=False)
    assert found.what == "left", "it may have written it itself"
    (found,) = looked(monkeypatch, then="a", now="b", read_only=False, moved=True)
    assert (found.what, "replaced by another" in found.why) == ("replaced", True)


def test_without_a_digest_the_file_itself_and_its_time_have_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(monkeypatch) == []
    assert [one.what for one in looked(monkeypatch, moved=True)] == ["replaced"]
    assert [one.what for one in looked(monkeypatch, changed=AFTER)] == ["replaced"]
    assert [one.what for one in looked(monkeypatch, changed=AFTER, read_only=False)] == ["left"]
    assert looked(monkeypatch, kind="missing", moved=True) == [], "another check fails for that"
    (found,) = looked(monkeypatch, source="/srv/other")
    assert found.why == f"its file {ONE} is another file now, {ONE}"


def test_a_folder_that_was_moved_away_is_not_replaced_where_it_is_written_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert looked(monkeypatch, kind="folder", changed=AFTER) == []
    assert [one.what for one in looked(monkeypatch, kind="folder", moved=True)] == ["replaced"]
    found = looked(monkeypatch, kind="folder", moved=True, read_only=False)
    assert [one.what for one in found] == ["moved"]
    assert reasons(found) == {}


def test_what_compose_copied_is_compared_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    services = {
        "api": {"image": "api", "configs": [{"source": "app", "target": "/app"}], "secrets": ["token"]}
    }
    raw = {
        "name": "shop",
        "services": services,
        "configs": {"app": {"content": "new"}},
        "secrets": {"token": {"environment": "TOKEN"}},
    }
    model, empty = Model.from_json(json.dumps(raw)), hashlib.sha256().hexdigest()

    def said(*texts: str) -> list[Stale]:
        sums = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  -\n" for text in texts)
        there = Answering(0, sums)
        found = stale(cast(Connection, there), target(), model, [container("api")], {"TOKEN": "t-1"}, "")
        assert "id-of-api:/app id-of-api:/run/secrets/token" in there.asked[0]
        assert "t-1" not in there.asked[0]
        return found

    assert said("new", "t-1") == []
    assert reasons(said("old", "t-0")) == {"api": "its config app changed; its secret token changed"}
    assert said("", "t-1") == [], f"a file that is not there has the sum {empty}"
    assert all(one.copied for one in said("old", "t-1"))
