"""Whether the new release would get into its database, and find it well and full."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.image_name import repository
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.filesystem import mb
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.mongodb.server.state import Mongo
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.sections.data import Mongodb
from gonogo.deploy.target.target import Target

LEAST = 0.5
"""Of the documents that there were before the last release, the share that must be there at least."""

STATES = ("PRIMARY", "SECONDARY", "ARBITER")
SERIES = ((3, 4), (3, 6), (4, 0), (4, 2), (4, 4), (5, 0), (6, 0), (7, 0), (8, 0))
"""MongoDB's series in order; an upgrade may leave none out. Rapid releases such as 6.3 lie between them."""

Version = tuple[int, int]


def _state(host: Host, target: Target, release: Release) -> tuple[Mongodb, Mongo]:
    if target.mongodb is None:
        pytest.skip("the target file names no MongoDB")
    state = host.mongodb(release).state
    if state is None:
        pytest.skip(f"{target.mongodb.service} does not run yet: it will be initialised from the env file")
    return target.mongodb, state


@pytest.mark.check(
    "mongodb.login",
    reason="D4, L1: a database keeps the credentials it was initialised with, not those of a new env file.",
    fix="Log in with the credentials that the message names; a database keeps those it was initialised with.",
)
def test_mongodb_login(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The credentials of the new model log in to the database that runs."""
    mongodb, state = _state(host, target, release)
    whose = f"the login of {mongodb.uri_variable}" if mongodb.uri_variable else "the new model's login"
    expect(True, found=f"{state.container} lets {whose} in", expected="a login that works")


def ill(state: Mongo) -> list[str]:
    """Return a sentence for whatever keeps a database, or its replica set, from being well."""
    wrong = [
        f"{one.name} is {one.state}" for one in state.members if not one.healthy or one.state not in STATES
    ]
    if not state.writable and not any(one.healthy and one.state == STATES[0] for one in state.members):
        wrong.append(f"{state.container} takes no writes: it is no standalone server and no primary")
    well = len([one for one in state.members if one.healthy])
    if state.members and well * 2 <= len(state.members):
        wrong.append(f"{well} of {len(state.members)} members are there, which is no majority")
    return wrong


@pytest.mark.check(
    "mongodb.healthy",
    reason="A release over a database that cannot write, or has lost its majority, only adds to the trouble.",
    fix="Fix the replica set first: `rs.status()` tells what its members say of each other.",
)
def test_mongodb_healthy(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The database takes writes; of a replica set every member is well."""
    _, state = _state(host, target, release)
    wrong = ill(state)
    role = "the primary" if state.writable else "a member"
    what = f"{role} of {state.replica_set}, " if state.replica_set else ""
    good = f"{state.container}: {what}{len(state.members) or 1} well"
    expect(not wrong, wrong, found=good, expected="a database that takes writes")


@pytest.mark.check(
    "mongodb.database",
    reason="A backup of a database that the application does not use is empty, and proves nothing.",
    fix="Correct mongodb.database in the target file; for an application whose database is still to be made, "
    "waive this check.",
)
def test_mongodb_database(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The database that the target file names is the one with the data."""
    mongodb, state = _state(host, target, release)
    there = f"{mongodb.database} has {len(state.counts)} collections"
    others = f"{state.container} has {', '.join(state.others)}"
    expect(
        state.counts or not state.others,
        found=there if state.counts or not state.others else f"{there}, and {others}",
        expected="the application's database, or a server without any",
    )


def shrunk(before: Mapping[str, int] | None, now: Mapping[str, int], mongodb: Mongodb) -> str:
    """Return how much less a database holds than before the last release; empty when it does not.

    ``volatile`` collections aside; ``before`` is None where nothing was counted.
    """
    kinds = mongodb.collections
    lasting = {
        n: c for n, c in (before or {}).items() if kinds.get(n, mongodb.other_collections) != "volatile"
    }
    had, has = sum(lasting.values()), sum(now.get(name, 0) for name in lasting)
    if had and has < had * LEAST:
        return f"{has} documents where there were {had} before the last release"
    return ""


@pytest.mark.check(
    "mongodb.size",
    reason="L3: MongoDB was healthy and empty, on a new volume, while the data lay in another.",
    fix="Find out where the data went before anything else changes: compare volumes with the backup.",
    data=True,
)
def test_mongodb_size(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The database holds about as much as before the last release, or more."""
    mongodb, state = _state(host, target, release)
    baseline = host.releases(str(target.deploy_path)).baseline
    less = shrunk(baseline.counts if baseline else None, state.counts, mongodb)
    size = "" if state.data is None else f"{mb(state.data)} of data, {mb(state.storage or 0)} on disk; "
    told = ", ".join(f"{name} {count}" for name, count in state.counts.items()) or "no collection"
    expect(
        not less,
        found=f"{less + ': ' if less else ''}{size}{told}",
        expected="at least half of the documents that there were before the last release",
    )


def version(text: str) -> Version | None:
    """Return major and minor with which a text begins, such as 7.0.14 or v6.0; None where it does not."""
    found = re.match(r"v?(\d{1,2})\.(\d{1,2})(?!\d)", text)
    if found:
        return int(found[1]), int(found[2])
    # A tag may be the major alone, which since 5 stands for its long-term series.
    major = re.match(r"v?(\d{1,2})(?![\d.])", text)
    return (int(major[1]), 0) if major and int(major[1]) >= 5 else None


def incompatible(new: Version, compatibility: Version) -> str:
    """Return why a MongoDB of version ``new`` does not open data of that featureCompatibilityVersion.

    Empty where it does: a version opens data of its own series and of the one before (MongoDB's manual,
    "Upgrade … Standalone").
    """
    server, data = (".".join(map(str, numbers)) for numbers in (new, compatibility))
    if new < compatibility:
        return f"MongoDB {server} does not open data whose featureCompatibilityVersion is {data}"
    upgrades = [series for series in SERIES if compatibility < series <= new]
    if len(upgrades) > 1:
        way = ", then ".join(".".join(map(str, series)) for series in upgrades)
        return f"MongoDB {server} does not open data of {data}: the way there is {way}"
    return ""


def coming(images: Mapping[str, ImageInfo], model: Model, service: str) -> tuple[str, Version | None]:
    """Return the id and the version of the MongoDB image that would run: "" and None where not known.

    The version is what the official image says in MONGO_VERSION, else its tag.
    """
    one = model.services[service]
    if one.build is not None:
        return "", None
    image = images.get(one.image)
    tag = one.image.removeprefix(repository(one.image)).lstrip(":").partition("@")[0]
    said = image.variables.get("MONGO_VERSION", "") if image else ""
    return image.id if image else "", version(said) or version(tag)


@pytest.mark.check(
    "mongodb.version",
    reason="A MongoDB does not start on data files of a later version, nor of one that is two series older.",
    fix="Name an image of the series that its data has, or of the next, and raise one series at a time.",
    data=True,
)
def test_mongodb_version(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The version of the new image opens the data files of the database that runs."""
    model = release.model
    mongodb, state = _state(host, target, release)
    if mongodb.uri_variable:
        pytest.skip("the MongoDB is not in the stack: no image of this release opens its data")
    image, new = coming({**release.builds.images, **host.images(release).found}, model, mongodb.service)
    have = version(state.compatibility)
    named = model.services[mongodb.service].image
    if image == state.image:
        expect(True, found=f"{named}, which runs now", expected="an image that opens the data")
        return
    if new is None or have is None:
        expect(
            False,
            "the login may not ask for the featureCompatibilityVersion"
            if new
            else f"{named} is of a version that is not known",
            expected="a version of MongoDB to compare with that of the data",
            fix="Compare by hand: the new image's version with db.adminCommand({getParameter: 1, "
            "featureCompatibilityVersion: 1}).",
            severity="warning",
        )
        return
    why = incompatible(new, have)
    told = (
        f"{named} is MongoDB {new[0]}.{new[1]}, the data's featureCompatibilityVersion {state.compatibility}"
    )
    expect(not why, found=why or told, expected="a version that opens the data")
