"""A small stack of a database and a cache on a lab host, for the checks of data, room and backups."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonogo.deploy.release import records
from gonogo.deploy.release.records import Baseline, Image, Record
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse
from lab import host, images
from tests import harness

SUBJECTS = ("disk", "memory", "volumes", "binds", "mongodb", "backup")
MINE = {check for check in harness.ids("preflight") if check.partition(".")[0] in SUBJECTS}
BACKUPS = "/srv/shop/backups"
ENV = "DB_USER=shop\nDB_PASSWORD=a-password-of-the-lab\n"

SEED = """
from datetime import datetime
shop = client.shop
shop.users.insert_many([{} for _ in range(40)])
shop.logs.insert_one({})
shop.create_collection("metrics", timeseries={"timeField": "at"}).insert_one({"at": datetime(2026, 1, 31)})
shop.create_collection("few", viewOn="users", pipeline=[{"$limit": 1}])
client.admin.command("createUser", "reader", pwd="reads-only", roles=[{"role": "read", "db": "shop"}])
"""

DB: dict[str, Any] = {
    "image": "gonogo-lab/mongo:latest",
    "environment": {"MONGO_INITDB_ROOT_USERNAME": "$DB_USER", "MONGO_INITDB_ROOT_PASSWORD": "$DB_PASSWORD"},
    "volumes": ["db-data:/data/db"],
    "healthcheck": {
        "test": ["CMD", "mongo-ping"],
        "start_period": "60s",
        "start_interval": "1s",
        "interval": "10s",
    },
}
CACHE: dict[str, Any] = {"image": "gonogo-lab/redis:latest", "volumes": ["./uploads:/uploads"]}


@dataclass
class Shop:
    """A stack of a database and a cache that runs on a lab host, and what would be deployed over it."""

    made: host.Host
    connection: Connection
    source: Path
    project: str = "shop"
    services: dict[str, Any] = field(default_factory=dict)
    volumes: dict[str, Any] = field(default_factory=dict)
    amended: dict[str, Any] = field(default_factory=dict)

    def reset(self) -> None:
        """Let what would be deployed be what runs."""
        self.services, self.volumes, self.amended = {"db": DB, "cache": CACHE}, {"db-data": {}}, {}

    @property
    def target(self) -> Target:
        return parse(
            {
                "host": self.made.alias,
                "ssh": {"config_file": str(self.made.config)},
                "path": "/srv/shop",
                "source": str(self.source),
                "compose_files": ["compose.yaml"],
                "env_file": ".env",
                "project": self.project,
                "mongodb": {"service": "db", "database": "shop"},
                "backup": {"folder": BACKUPS},
                **self.amended,
            },
            self.source / "shop.toml",
        )

    def compose(self) -> str:
        text = json.dumps({"services": self.services, "volumes": self.volumes})
        (self.source / "compose.yaml").write_text(text)
        return text

    def results(self, *only: str) -> dict[str, Any]:
        self.compose()
        return harness.over(self.connection, self.target, only=only or MINE)

    def failing(self, *only: str) -> dict[str, str]:
        """The message of each check of data that failed or warned, with what to do."""
        found = self.results(*only).values()
        return {r.id: f"{r.message} {r.fix}" for r in found if r.status in ("failed", "warning", "blocked")}

    def up(self) -> None:
        """Start the stack by hand, as its compose file stands now."""
        line = (
            f"docker compose -p {self.project} --project-directory /srv/shop -f - up -d --wait --quiet-pull"
        )
        self.shell(line, stdin=self.compose())

    def shell(self, script: str, user: str = "deploy", stdin: str = "") -> str:
        done = host.execute(self.made.name, script, user=user, stdin=stdin.encode())
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def mongo(self, script: str, container: str = "shop-db-1", login: bool = True) -> str:
        """Run Python in the database's container, with ``client`` logged in."""
        who = "username='shop', password='a-password-of-the-lab', " if login else ""
        begin = f"from pymongo import MongoClient\nclient = MongoClient({who}directConnection=True)\n"
        return self.shell(f"docker exec -i {container} python -", stdin=begin + script)


@contextmanager
def running(name: str, folder: Path) -> Iterator[Shop]:
    """Give the stack, started by hand, with documents, a recorded release and a backup."""
    try:
        made = host.up(name, images.FOR_STACKS)
        folders = f"install -d -o deploy -g deploy /srv/shop /srv/shop/uploads {BACKUPS}"
        host.execute(name, folders, user="root")
        host.execute(name, "install -m 755 /bin/true /usr/local/bin/mongodump", user="root")
        host.put(name, "/srv/shop/.env", ENV.encode())
        config = {"host": made.alias, "ssh": {"config_file": str(made.config)}, "path": "/srv/shop"}
        given = {**config, "project": "shop", "compose_files": ["compose.yaml"]}
        with Connection.open(parse(given, folder / "shop.toml")) as connection:
            shop = Shop(made, connection, folder)
            shop.reset()
            shop.up()
            shop.mongo(SEED)
            record(shop, "v1", users=30)
            yield shop
    finally:
        host.down(name)


def record(shop: Shop, version: str, **counts: int) -> None:
    """Write down a release as deployed, and what there was before it."""
    images = {"db": Image(name="gonogo-lab/mongo:latest", id="sha256:0")}
    done = Record(version=version, created="2026-01-31T08:00:00+00:00", project=shop.project, images=images)
    records.save(shop.connection, shop.target, version, records.RECORD, done)
    before = Baseline(taken="2026-01-31T08:00:00+00:00", counts=counts or None)
    records.save(shop.connection, shop.target, version, records.BASELINE, before)
    records.make_current(shop.connection, shop.target, version)
