"""How much memory a backup and its proof take; ``tests.benchmarks.data_memory`` measures it in full.

mongodump and mongorestore are stand-ins, see ``database_tools``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gonogo.deploy.mongodb.server import login
from lab.docker import check
from tests.mongo import ground, many
from tests.mongo.database_tools import MONGODUMP, MONGORESTORE
from tests.mongo.ground import IMAGE, Ground
from tests.mongo.many import MOST_MB, Many

SCALED = Many(collections=100, large=6, small=150_000)
LONG_S = 120
"""Seconds within which each is done, on two processors that others use too."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground.started(tmp_path_factory.mktemp("ground")) as found:
        with found.release() as release, login.opened(release) as client:
            SCALED.fill(client)
        yield found


@pytest.fixture(scope="module")
def image(made: Ground) -> Iterator[str]:
    """An image with the tools, which the container has as well, as long as it is used."""
    for name, text in (("mongodump", MONGODUMP), ("mongorestore", MONGORESTORE)):
        made.install(name, text)
    with made.committed() as tag:
        yield tag
    check(["docker", "exec", made.container, "rm", "/usr/local/bin/mongodump"])


@pytest.mark.parametrize("database", many.DATABASES)
def test_by_our_own_writer(made: Ground, database: str) -> None:
    seconds, megabytes = many.backed(made, IMAGE, database)
    assert megabytes < MOST_MB and seconds < LONG_S


@pytest.mark.parametrize("database", many.DATABASES)
def test_by_mongodump(made: Ground, image: str, database: str) -> None:
    seconds, megabytes = many.backed(made, image, database)
    assert megabytes < MOST_MB and seconds < LONG_S
