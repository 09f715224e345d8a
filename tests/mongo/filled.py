"""A database with every kind of collection, option and index, and with odd names."""

from __future__ import annotations

import datetime
import os

from gonogo.deploy.mongodb.backup.backup_request import Client

LONG = "ü" * 90
ODD = ("a b", "a+b", "a%20b", "a&b=c:d@e", "a/b", "it's", "line\nbreak", "back\\slash", "-x", "50%", LONG)


def everything(client: Client, database: str = "shop") -> None:
    """Fill a database with every kind of collection, option and index."""
    db = client[database]
    db.create_collection(
        "people",
        validator={"name": {"$regex": "^[A-Z]", "$options": "i"}, "age": {"$gte": 0}},
        validationAction="warn",
        collation={"locale": "de", "strength": 1},
    )
    db.people.insert_many(
        [
            {"name": f"Ada {i}", "age": i, "tags": ["a", i], "at": [i % 90, 5], "on": [1, 2]}
            for i in range(300)
        ]
    )
    db.people.create_index([("name", 1), ("age", -1)], name="compound")
    db.people.create_index("tags", name="multikey")
    db.people.create_index(
        [("name", "text"), ("bio", "text")], weights={"bio": 5}, name="text", collation={"locale": "simple"}
    )
    db.people.create_index([("at", "2dsphere")], name="sphere", collation={"locale": "simple"})
    db.people.create_index([("on", "2d")], name="flat", collation={"locale": "simple"}, min=-10, max=500)
    db.people.create_index([("age", "hashed")], name="hashed")
    db.people.create_index([("$**", 1)], name="wildcard", wildcardProjection={"bio": 1})
    db.people.create_index("born", name="ttl", expireAfterSeconds=10**8)
    db.people.create_index("age", name="partial", partialFilterExpression={"age": {"$gt": 5}})
    db.people.create_index("ssn", name="sparse", sparse=True, unique=True)
    db.people.create_index("nick", name="hidden", hidden=True, collation={"locale": "fr"})
    db.create_collection("log", capped=True, size=1 << 20, max=1000)
    db.log.insert_many([{"i": i} for i in range(50)])
    db.command("create", "adults", viewOn="people", pipeline=[{"$match": {"age": {"$gte": 18}}}])
    series = {"timeField": "at", "metaField": "sensor", "granularity": "minutes"}
    db.create_collection("heat", timeseries=series, expireAfterSeconds=10**9)
    now = datetime.datetime(2026, 1, 1)
    db.heat.insert_many(
        [{"at": now + datetime.timedelta(minutes=i), "sensor": i % 3, "v": i} for i in range(90)]
    )
    db.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    db.create_collection("empty")
    db["fs.files"].insert_one({"filename": "a.bin", "length": 600_000})
    db["fs.chunks"].insert_many([{"n": i, "data": os.urandom(200_000)} for i in range(3)])
    for name in ODD:
        db[name].insert_one({"of": name})


def stored(client: Client, database: str) -> dict[str, bytes]:
    """Return the documents of each collection as the server stores them."""
    names = [one["name"] for one in client[database].list_collections() if one["type"] == "collection"]
    return {
        name: b"".join(client[database][name].find_raw_batches())
        for name in names
        if not name.startswith("system.") or name.startswith("system.buckets.")
    }
