"""What the runbook says of users and roles, typed as it stands there, whoever makes the backup.

mongodump and mongorestore are stand-ins, see ``database_tools``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient

from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from tests import documents
from tests.mongo import ground
from tests.mongo.database_tools import MONGODUMP, MONGORESTORE
from tests.mongo.ground import Ground

SECRET = "P455 of al!ce"
TARGET = """host = "local"
path = "{path}"
source = ".."
project = "{project}"
compose_files = ["compose.yaml"]
env_file = ".env"

[mongodb]
service = "mongodb"
database = "shop"

[backup]
folder = "{path}/backups"
proof_image = "{image}"
"""


def shown() -> list[str]:
    """The commands of the runbook's section on data that name users."""
    blocks = documents.blocks(documents.ROOT / "docs" / "runbook.md")
    lines = [line for one in blocks if one.section == "Data" for line in documents.lines(one.text)]
    return [line for line in lines if "--users" in line]


@pytest.fixture(params=["gonogo", "mongodump"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    with ground.started(tmp_path) as found:
        if request.param == "mongodump":
            for name, text in (("mongodump", MONGODUMP), ("mongorestore", MONGORESTORE)):
                found.install(name, text)
        yield found


def types(made: Ground, command: str) -> str:
    """Type a command beside the target file, with the database's name as the answer; return its output."""
    leader, follower = os.openpty()
    os.write(leader, b"shop\n")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    try:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=made.folder,
            stdin=follower,
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "200"},
            check=False,
        )
    finally:
        os.close(leader)
        os.close(follower)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_users_are_backed_up_and_brought_back(made: Ground) -> None:
    with made.committed() as image, made.release() as release, login.opened(release) as client:
        told = TARGET.format(path=made.stack, project=made.project, image=image)
        (made.folder / "gonogo").mkdir()
        (made.folder / "gonogo" / "shop.toml").write_text(told)
        subprocess.run(["git", "init", "-q", made.folder], check=True)
        db = client["shop"]
        db.things.insert_many([{"_id": n} for n in range(100)])
        allowed = [{"resource": {"db": "shop", "collection": ""}, "actions": ["find"]}]
        db.command("createRole", "reader", privileges=allowed, roles=[])
        db.command("createUser", "alice", pwd=SECRET, roles=["reader"])
        first, second = shown()
        assert "100 documents" in types(made, first)
        db.command("dropUser", "alice")
        db.command("dropRole", "reader")
        db.command("createUser", "bob", pwd="x", roles=[])
        db.things.delete_many({})
        assert "its users and roles are back, too" in types(made, second)
        assert db.things.count_documents({}) == 100
        assert {one["user"] for one in db.command("usersInfo")["users"]} == {"alice", "bob"}
        assert not [name for name in client.admin.list_collection_names() if name.startswith("gonogo")]
        _alice(release)


def _alice(release: Release) -> None:
    """Log in with the password of then, and read as the role of then allows."""
    container = release.host.mongodb(release).container
    assert container
    given = {"username": "alice", "password": SECRET, "authSource": "shop", "directConnection": True}
    with MongoClient(container.addresses[0], **given) as alice:
        assert alice["shop"].things.count_documents({}) == 100
