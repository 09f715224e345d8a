"""A stack of a MongoDB and a client of it."""

from __future__ import annotations

from tests.unit.stacks import model

MONGO = {"MONGO_INITDB_ROOT_USERNAME": "root", "MONGO_INITDB_ROOT_PASSWORD": "p@ss/w:rd%41"}
ENCODED = "p%40ss%2Fw%3Ard%2541"


def stack(client, database=None, **more):
    return model(
        api={"image": "api", "environment": client},
        db={"image": "mongo", "environment": database or MONGO, **more},
    )
