"""Users: their passwords as salted scrypt hashes, their logins as signed tokens that Redis remembers."""

import hashlib
import hmac
import os
import secrets

from chat.store import database, redis

TOKEN_SECONDS = 3600


def scrypt(password: str, salt: bytes) -> bytes:
    """Return the hash that is stored for a password."""
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << 12, r=8, p=1)


def register(name: str, password: str) -> bool:
    """Store a new user; False when the name is taken."""
    salt = os.urandom(16)
    user = {"_id": name, "salt": salt, "password": scrypt(password, salt)}
    found = database.users.update_one({"_id": name}, {"$setOnInsert": user}, upsert=True)
    return found.upserted_id is not None


def login(name: str, password: str) -> str | None:
    """Return a token for the user, None when the name or the password is wrong."""
    user = database.users.find_one({"_id": name})
    if not user or not hmac.compare_digest(scrypt(password, user["salt"]), user["password"]):
        return None
    nonce = secrets.token_urlsafe(16)
    signature = hmac.new(os.environ["JWT_SECRET"].encode(), f"{name}.{nonce}".encode(), "sha256").hexdigest()
    token = f"{nonce}.{signature}"
    redis.setex(f"token:{token}", TOKEN_SECONDS, name)
    return token


def user_of(header: str) -> str | None:
    """Return whose token an Authorization header bears, None when nobody's."""
    return redis.get(f"token:{header.removeprefix('Bearer ')}")
