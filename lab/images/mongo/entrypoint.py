"""Start mongod as the official image does: the first start makes the root user that the environment names.

The user is made through the localhost exception on a port of its own, so that nothing outside sees the server
before it is ready, and so that the password is in no argument list.
"""

import os
import subprocess
import sys
from pathlib import Path

from pymongo import MongoClient

DATA = Path("/data/db")
SETUP_PORT = 27018
COMMON = ["mongod", "--dbpath", str(DATA), "--wiredTigerCacheSizeGB", "0.25", "--quiet"]


def read(variable: str) -> str:
    """Return a variable, or the content of the file that ``<variable>_FILE`` names, as the official image."""
    file = os.environ.get(f"{variable}_FILE")
    return Path(file).read_text().rstrip("\n") if file else os.environ.get(variable, "")


def create_user(name: str, password: str) -> None:
    """Start the server for itself alone, make the root user in ``admin`` and stop it again."""
    server = subprocess.Popen([*COMMON, "--auth", "--bind_ip", "127.0.0.1", "--port", str(SETUP_PORT)])
    client = MongoClient("127.0.0.1", SETUP_PORT, directConnection=True, serverSelectionTimeoutMS=30000)
    roles = [{"role": "root", "db": "admin"}]
    client.admin.command("createUser", name, pwd=password, roles=roles)
    client.close()
    server.terminate()
    if server.wait(timeout=60) != 0:
        sys.exit("mongod did not stop cleanly after its first start")


def main() -> None:
    """Make the user on the first start, then become mongod."""
    name, password = read("MONGO_INITDB_ROOT_USERNAME"), read("MONGO_INITDB_ROOT_PASSWORD")
    if bool(name) != bool(password):
        sys.exit("set both MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD, or neither")
    given = sys.argv[2:] if sys.argv[1:2] == ["mongod"] else sys.argv[1:]
    if name and not (DATA / "WiredTiger").exists():
        create_user(name, password)
    auth = ["--auth"] if name else []
    os.execvp("mongod", [*COMMON, "--bind_ip_all", *auth, *given])


main()
