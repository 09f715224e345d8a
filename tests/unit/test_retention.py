"""Retention: which releases stay, and which tags of the others may go."""

from __future__ import annotations

from deploy.release import Image, Release
from deploy.retention import keep, tags_of


def made(version: str, previous: str = "", **images: str) -> Release:
    found = {
        name: Image(name=f"registry.example:5000/chat-{name}:latest", id=id_) for name, id_ in images.items()
    }
    return Release(version=version, previous=previous, created="", project="chat", images=found)


def test_the_newest_the_current_and_the_one_before_it_stay() -> None:
    records = {one.version: one for one in (made("v5", "v4"), made("v4"), made("v2", "v1"), made("v1"))}
    there = ["v5", "v4", "v3", "v2", "v1"]
    assert keep(there, "v5", records, 2) == {"v5", "v4"}
    assert keep(there, "v2", records, 2) == {"v5", "v4", "v2", "v1"}
    assert keep(there, "", records, 2) == {"v5", "v4", ""}
    assert keep(there, "v3", records, 2) == {"v5", "v4", "v3", ""}


def test_an_image_that_is_needed_keeps_the_tag_of_the_release_that_brought_it() -> None:
    old = made("v1", web="sha256:same", api="sha256:old")
    assert list(tags_of(old, {"sha256:same"})) == ["registry.example:5000/chat-api:v1"]
