"""Who uses the stack while it is deployed: one who writes, and one who looks whether it answers."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import Self

import requests

from lab import host

PAUSE_S = 0.2
PATIENCE_S = 10.0
SESSION = "s00"
READ = """
import bson, hashlib, json
from chat.store import database as d
rows = [[str(m["_id"]), m["text"]] for m in d.messages.find({"session": "s00"})]
of = [str(e["of"]) for e in d.history_events.find({}, {"of": 1})]
seeds = hashlib.sha256()
for name in ("users", "sessions", "messages", "history_events"):
    for one in d[name].find({"_id": {"$type": "string"}}).sort("_id"):
        seeds.update(bson.encode(one))
print(json.dumps({"rows": rows, "of": of, "seeds": seeds.hexdigest()}))
"""


class Visitor(threading.Thread):
    """Does something with the stack all the time, from ``with`` until its end."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.over = threading.Event()
        self.session = requests.Session()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()

    def run(self) -> None:
        """Visit until the end."""
        while not self.over.wait(PAUSE_S):
            self.visit()

    def visit(self) -> None:
        """One visit."""
        raise NotImplementedError


class Writer(Visitor):
    """Posts messages; what the API acknowledged is in ``acknowledged``, by id."""

    acknowledged: dict[str, str]

    def __init__(self, address: str, acknowledged: dict[str, str]) -> None:
        super().__init__(address)
        self.acknowledged, self._token, self._number = acknowledged, "", 0

    def visit(self) -> None:
        """Post a message, after a login where one is needed; what fails was not acknowledged."""
        api, self._number = f"http://{self.address}:8001/api", self._number + 1
        try:
            if not self._token:
                who = {"name": "ada", "password": "ada-password"}
                self._token = self.session.post(f"{api}/login", json=who, timeout=PATIENCE_S).json()["token"]
            text = f"{time.time_ns()} {self._number}"
            done = self.session.post(
                f"{api}/sessions/{SESSION}/messages",
                json={"text": text},
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=PATIENCE_S,
            )
            if done.status_code == 201:
                self.acknowledged[done.json()["id"]] = text
            elif done.status_code == 401:
                self._token = ""
        except (requests.RequestException, ValueError, KeyError):
            self.session = requests.Session()


def forget(acknowledged: dict[str, str], begin: int, end: int) -> None:
    """Leave out the messages that were sent from one time to another, in ns since 1970."""
    for one, text in list(acknowledged.items()):
        if begin <= int(text.split()[0]) <= end:
            del acknowledged[one]


@dataclass(frozen=True)
class Asked:
    """A request: when it was sent (monotonic seconds), where to, and what was wrong; empty when nothing."""

    at: float
    url: str
    wrong: str = ""


class Watcher(Visitor):
    """Asks both endpoints; every request is in ``asked``."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.asked: list[Asked] = []

    def visit(self) -> None:
        """Ask both."""
        for url in (f"http://{self.address}:8001/api/health", f"http://{self.address}:3000/"):
            at = time.monotonic()
            try:
                status = requests.get(url, timeout=PATIENCE_S).status_code
                wrong = "" if status == 200 else f"HTTP {status}"
            except requests.RequestException as error:
                wrong = type(error).__name__
            self.asked.append(Asked(at, url, wrong))

    @property
    def misses(self) -> list[Asked]:
        """The requests that were not answered well."""
        return [one for one in self.asked if one.wrong]

    @property
    def gap(self) -> float:
        """The longest time that one endpoint was away, up to its next good answer, in seconds."""
        longest = 0.0
        for url in {one.url for one in self.asked}:
            since = None
            for one in self.asked:
                if one.url == url and one.wrong:
                    since = one.at if since is None else since
                elif one.url == url and since is not None:
                    longest, since = max(longest, one.at - since), None
        return longest


def read(name: str) -> dict[str, object]:
    """Return what the stack's database holds: the rows of the writer's session, and a digest of the seeds."""
    done = host.execute(name, "docker exec -i chat-api python -", stdin=READ.encode())
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout))
