"""Every shape in which a stack may have its MongoDB, built on this machine's engine."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from gonogo.deploy.target.target import Target
from lab import engine, images
from lab.docker import LABEL, check, run
from tests.mongo.ground import IMAGE, PASSWORD, READY_S, USER, Ground

MEMBERS = ("mongo1", "mongo2", "mongo3")
KEY = "/etc/mongo.key"
SERVER = "/etc/mongo/server.pem"
AUTHORITY = "/etc/mongo/ca.pem"
KNOWN = {"MONGO_INITDB_ROOT_USERNAME": USER, "MONGO_INITDB_ROOT_PASSWORD": PASSWORD}


@dataclass
class Shape(Ground):
    """A project on this machine whose servers are made one by one, with files and a network of their own.

    ``variables``: what stands in the env file of the target beyond the login. ``service``: the one of the
    compose file.
    """

    service: str = "mongodb"
    variables: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    network: str = ""

    def connect_names(self) -> None:
        """Make the network in which servers find each other by the names of their services."""
        self.network = f"{self.project}-net"
        check(["docker", "network", "create", "--label", f"{LABEL}=1", self.network])

    def server(
        self,
        service: str,
        *command: str,
        environment: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        in_project: bool = True,
    ) -> str:
        """Start a server and return its container's name; ``files`` lie in it from the start, mode 0400."""
        name = f"{self.project}-{service}"
        labels = {LABEL: "1"}
        if in_project:
            labels |= {"com.docker.compose.project": self.project, "com.docker.compose.service": service}
            labels |= {"com.docker.compose.oneoff": "False"}
        marks = [part for key, value in labels.items() for part in ("--label", f"{key}={value}")]
        joined = ["--network", self.network, "--network-alias", service] if self.network else []
        names = [part for key in environment or {} for part in ("-e", key)]
        self.made.append(name)
        result = run(
            [
                "docker",
                "create",
                "--name",
                name,
                "--tmpfs",
                "/data/db",
                *marks,
                *joined,
                *names,
                IMAGE,
                *command,
            ],
            environment=dict(environment or {}),
        )
        assert result.returncode == 0, result.stderr
        if files:
            self.put(name, files)
        check(["docker", "start", name])
        return name

    def put(self, name: str, files: Mapping[str, str]) -> None:
        """Lay files into a container, root's and mode 0400."""
        result = run(["docker", "cp", "-", f"{name}:/"], stdin=_archive(files))
        assert result.returncode == 0, result.stderr

    def address(self, name: str) -> str:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return check(["docker", "inspect", "-f", form, name]).strip()

    def client(self, name: str, *, login: bool = True, **options: Any) -> MongoClient[dict[str, Any]]:
        """Return a client of a server that answers by now, past gonogo."""
        given = {"username": USER, "password": PASSWORD, "authSource": "admin"} if login else {}
        given |= {"directConnection": True, "serverSelectionTimeoutMS": 1000, **options}
        deadline = time.monotonic() + READY_S
        while True:
            client: MongoClient[dict[str, Any]] = MongoClient(self.address(name), 27017, **given)
            try:
                client.admin.command("ping")
                return client
            except PyMongoError:
                client.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def target(self, **tables: Any) -> Target:
        made = super().target(**tables)
        compose = self.folder / "compose.yaml"
        compose.write_text(compose.read_text().replace("mongodb:", f"{self.service}:", 1))
        lines = "".join(f"{name}='{value}'\n" for name, value in self.variables.items())
        with (self.stack / ".env").open("a") as file:
            file.write(lines)
        return made

    def remove(self) -> None:
        if self.made:
            run(["docker", "rm", "-f", "-v", *self.made])
        if self.network:
            run(["docker", "network", "rm", self.network])


@contextlib.contextmanager
def shape(folder: Path, **more: Any) -> Iterator[Shape]:
    """Give a shape without servers; all that it made is removed at the end."""
    engine.ensure()
    images.ensure()
    made = Shape(f"t-shape-{secrets.token_hex(4)}", folder, **more)
    try:
        yield made
    finally:
        made.remove()


@contextlib.contextmanager
def replica_set(folder: Path) -> Iterator[Shape]:
    """Give a set of three members with authentication, named as services; mongo1 is its primary."""
    with shape(folder) as made:
        made.connect_names()
        files = {KEY: secrets.token_hex(64)}
        command = ("mongod", "--replSet", "rs0", "--keyFile", KEY)
        for service in MEMBERS:
            # A member that comes to a set must be empty, so the user is made in the first one alone.
            made.server(service, *command, environment=KNOWN if service == "mongo1" else {}, files=files)
        first = made.client(f"{made.project}-mongo1")
        rows = [{"_id": n, "host": f"{one}:27017", "priority": 3 - n} for n, one in enumerate(MEMBERS)]
        for name in MEMBERS[1:]:
            made.client(f"{made.project}-{name}", login=False).close()
        settings = {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 300}
        config = {"_id": "rs0", "members": rows, "settings": settings}
        first.admin.command("replSetInitiate", config)
        wait(lambda: first.admin.command("hello")["isWritablePrimary"])
        wait(lambda: _states(first) == ["PRIMARY", "SECONDARY", "SECONDARY"])
        first.close()
        yield made


def _states(client: MongoClient[dict[str, Any]]) -> list[str]:
    return sorted(one["stateStr"] for one in client.admin.command("replSetGetStatus")["members"])


def wait(true: Any, seconds: float = 30) -> None:
    """Wait until ``true()`` is; a server that is busy with an election may refuse meanwhile."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(PyMongoError):
            if true():
                return
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.1)


def uri(host: str, user: str, password: str, rest: str = "") -> str:
    """Return a connection string with user and password percent-encoded."""
    return f"mongodb://{quote(user, safe='')}:{quote(password, safe='')}@{host}{rest}"


class Authority:
    """A certificate authority of a test. Keys are of this test alone and gone with its folder."""

    def __init__(self, folder: Path, name: str = "test") -> None:
        self.folder = folder / name
        self.folder.mkdir()
        self.key, self.file = self.folder / "ca.key", self.folder / "ca.pem"
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self._new = ["openssl", "req", *new]
        self._run(
            *self._new, "-x509", "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.file
        )
        self._count = 0

    @property
    def text(self) -> str:
        return self.file.read_text()

    def certificate(self, *names: str, seconds: float = 86400, owner: str = "server") -> str:
        """Return a certificate that begins now, for these DNS names or ``IP:…``, and its key, as PEM."""
        self._count += 1
        stem = self.folder / str(self._count)
        request, made, key = stem.with_suffix(".csr"), stem.with_suffix(".crt"), stem.with_suffix(".key")
        self._run(*self._new, "-subj", f"/CN=somebody/O={owner}", "-keyout", key, "-out", request)
        (self.folder / "index.txt").write_text("")
        alternative = ",".join(name if ":" in name else f"DNS:{name}" for name in names)
        config = self.folder / "ca.cnf"
        config.write_text(
            f"[ca]\ndefault_ca=us\n[us]\ndatabase={self.folder}/index.txt\nnew_certs_dir={self.folder}\n"
            "rand_serial=yes\ndefault_md=sha256\npolicy=any\nx509_extensions=names\nunique_subject=no\n"
            f"[any]\ncommonName=supplied\norganizationName=optional\n[names]\nsubjectAltName={alternative}\n"
        )
        until = time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
        since = time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() - 60))
        dates = ["-startdate", since, "-enddate", until]
        signing = ["-config", config, "-cert", self.file, "-keyfile", self.key, "-in", request, "-out", made]
        self._run("openssl", "ca", "-batch", "-notext", *dates, *signing)
        return made.read_text() + key.read_text()

    @staticmethod
    def _run(*arguments: str | os.PathLike[str]) -> None:
        result = run([str(one) for one in arguments])
        assert result.returncode == 0, result.stderr


def _archive(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(text.encode()), 0o400
            archive.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()
