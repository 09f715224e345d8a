"""What ``--skip-build`` and ``--version`` mean: exactly those images, or a check that names what is missing.

Incident D2: a version that was made anew named no image, and nothing shipped.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.deploy import runner
from gonogo.deploy.host import images
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.host.registry import Content
from gonogo.deploy.release import records
from gonogo.deploy.release.plan import chosen
from gonogo.deploy.release.records import Image
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.versions import Taken
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.unused_version import UnusedVersion
from tests import harness
from tests.unit.mutations import World
from tests.unit.mutations.images import API, HOST, WEB, registered

OLD, NEW, REDIS = (ImageInfo(f"sha256:{name}", "linux/amd64") for name in ("old", "new", "redis"))


def world(
    monkeypatch: pytest.MonkeyPatch, images_of: str, here: dict[str, ImageInfo], **tables: Any
) -> World:
    """The recorded run, with ``--skip-build``, of images that are ``here`` and no others."""
    made = World.recorded()
    if tables:
        made.amend(**tables)
    made.release.images_of = images_of
    made.set({"controller.images.found": here})
    monkeypatch.setattr(images, "local", lambda names: {name: here[name] for name in names if name in here})
    return made


def present(made: World) -> str:
    """What ``images.present`` says; empty where it passes."""
    target, release = made.target, made.release
    options = {"skip_build": True, "images_of": release.images_of}
    return harness.failed(harness.run(target, release, only=["images.present"], **options)).get(
        "images.present", ""
    )


def ids(release: Release) -> dict[str, str]:
    return {name: release.builds.images[name].id for name in (API, WEB) if name in release.builds.images}


def test_images_are_taken_under_the_version_or_as_the_compose_file_names_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = {API: OLD, WEB: OLD, "chat-api:1.4": NEW, "gonogo-lab/redis:latest": REDIS}
    assert ids(world(monkeypatch, "", here).release) == {API: OLD.id, WEB: OLD.id}
    made = world(monkeypatch, "1.4", here)
    assert ids(made.release) == {API: NEW.id}, "an image of another version is never taken for it"
    assert "chat-web:1.4 (service web) exists neither here, nor will it be built" in present(made)
    assert "chat-api" not in present(made)
    assert present(world(monkeypatch, "1.4", {**here, "chat-web:1.4": NEW})) == ""


def test_with_on_server_they_have_to_be_on_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch, "1.4", {}, method="on-server", on_server={"checkout": "/srv/chat/repo"})
    there = {name: one for name, one in made.get("target_images").items() if name not in (API, WEB)}
    made.set(target_images={**there, API: OLD, "chat-api:1.4": NEW})
    assert ids(made.release) == {API: NEW.id}
    assert "chat-web:1.4 (service web) exists neither on the target, nor" in present(made)
    assert made.release.builds.offered == set()


def test_with_a_registry_they_may_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = {f"{HOST}/chat-api:1.4": NEW}
    made = world(monkeypatch, "1.4", mine)
    registered(made)
    made.amend(method="registry", registry={"host": HOST})
    assert f"{HOST}/chat-web:1.4 (service web) exists neither here, nor in the registry" in present(made)
    content = Content(version="1.4", taken={f"{HOST}/chat-web:1.4": "sha256:digest"})
    made.set(registry_content=content)
    assert (made.release.builds.offered, present(made)) == ({"web"}, "")

    def tag() -> str:
        options = {"skip_build": True, "images_of": "1.4"}
        found = harness.run(made.target, made.release, only=["registry.tag"], **options)
        return harness.failed(found).get("registry.tag", "")

    assert tag() == "", "what is to be pulled is no foreign image"
    made.set(registry_content=replace(content, taken={f"{HOST}/chat-api:1.4": "sha256:digest"}))
    assert "chat-api:1.4 is another image already" in tag()
    made.release.images_of = ""
    made.set(
        registry_content=Content(named={f"{HOST}/chat-web:latest": True, f"{HOST}/chat-api:latest": False})
    )
    assert made.release.builds.offered == {"web"}


def test_what_a_registry_has_is_chosen_without_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    model = World.recorded().release.model
    local = {API: "sha256:api"}
    there = {service.image: "sha256:there" for service in model.services.values()}
    found = chosen(model, {}, there, local, {"web"})
    assert (found["api"].id, found["web"]) == ("sha256:api", Image(name=WEB, id=""))


def test_the_version_that_runs_is_not_newer() -> None:
    made = World.recorded()
    runs = made.release.releases.current.version
    made.release._version = runs
    (found,) = harness.run(made.target, made.release, only=["release.newer"]).values()
    assert (found.status, found.found) == ("failed", f"{runs} runs already")


def test_a_version_that_is_on_the_target_already_is_not_deployed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is waived: its folder would be written over, and removed where the run fails."""
    assert isinstance(runner.of_deploy(None)[0], UnusedVersion), "before preflight"
    given = SimpleNamespace(version="1.4", connection=None, target=World.recorded().target, named=True)
    run = cast(Run, given)
    monkeypatch.setattr(records, "listed", lambda *_: ["1.4", "1.3"])
    with pytest.raises(Taken, match=r"1\.4 is on .* already: .*gonogo rollback .* --to 1\.4"):
        UnusedVersion().do(run)
    given.named = False
    UnusedVersion().do(run)
    given.named = True
    monkeypatch.setattr(records, "listed", lambda *_: ["1.3"])
    UnusedVersion().do(run)
