"""The API's two stores: MongoDB for what must last, Redis for login tokens."""

import os

from pymongo import MongoClient
from redis import Redis

TIMEOUT_MS = 2000

mongo = MongoClient(
    os.environ.get("DATABASE_HOST", "mongodb"),
    username=os.environ.get("DATABASE_USER", "chat"),
    password=os.environ["MONGO_INITDB_ROOT_PASSWORD"],
    serverSelectionTimeoutMS=TIMEOUT_MS,
    connectTimeoutMS=TIMEOUT_MS,
)
database = mongo["chat"]
redis = Redis(os.environ.get("REDIS_HOST", "redis"), socket_timeout=TIMEOUT_MS / 1000, decode_responses=True)
