"""A stand-in for Docker's engine: its API over a Unix socket, with containers that exist on paper alone.

What it answers has the form of Docker Engine API 1.41, as far as preflight asks for it.
"""

from __future__ import annotations

import contextlib
import json
import re
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

API = "1.41"
LABELS = "com.docker.compose"
MADE = "2026-11-01T10:00:00.000000000Z"
Service = tuple[str, str, list[int]]
"""Name, image, published ports."""


def image(name: str) -> dict[str, Any]:
    """Return what an engine says of an image."""
    number = abs(hash(name)) % 10**12
    return {
        "Id": f"sha256:{number:064d}",
        "RepoTags": [name],
        "RepoDigests": [],
        "Created": MADE,
        "Os": "linux",
        "Architecture": "amd64",
        "Size": 100_000_000,
        "RootFS": {"Type": "layers", "Layers": [f"sha256:{number + n:064d}" for n in range(8)]},
        "Config": {"Env": ["PATH=/usr/bin", "VERSION=1"], "Cmd": ["serve"], "Labels": {}, "User": ""},
    }


def container(project: str, service: Service) -> dict[str, Any]:
    """Return what an engine says of a service's container, which runs and is healthy."""
    name, named, ports = service
    bound = {f"{port}/tcp": [{"HostIp": "", "HostPort": str(port)}] for port in ports}
    labels = {"project": project, "service": name, "oneoff": "False", "config-hash": "0" * 64}
    labels |= {"project.working_dir": "/srv/elsewhere", "project.config_files": "/srv/elsewhere/compose.yaml"}
    return {
        "Id": f"{abs(hash((project, name))):064x}"[-64:],
        "Name": f"/{project}-{name}",
        "Image": image(named)["Id"],
        "Created": MADE,
        "RestartCount": 0,
        "State": {
            "Status": "running",
            "Running": True,
            "ExitCode": 0,
            "StartedAt": MADE,
            "Health": {"Status": "healthy", "FailingStreak": 0},
        },
        "Config": {
            "Image": named,
            "Env": ["PATH=/usr/bin", f"NAME={name}", "JWT_SECRET=0123456789abcdef"],
            "Entrypoint": None,
            "Cmd": ["serve"],
            "Labels": {f"{LABELS}.{key}": value for key, value in labels.items()},
            "Healthcheck": {"Retries": 5},
        },
        "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}, "PortBindings": bound},
        "NetworkSettings": {"Ports": bound, "Networks": {project: {"IPAddress": "172.18.0.2"}}},
        "Mounts": [
            {"Type": "volume", "Name": f"{project}_{name}", "Source": "", "Destination": "/data", "RW": True}
        ],
    }


def volume(name: str, project: str) -> dict[str, Any]:
    """Return what an engine says of a volume of a project."""
    labels = {f"{LABELS}.project": project, f"{LABELS}.volume": name.removeprefix(f"{project}_")}
    place = f"/var/lib/docker/volumes/{name}/_data"
    return {
        "Name": name,
        "Driver": "local",
        "Mountpoint": place,
        "Labels": labels,
        "Options": None,
        "Scope": "local",
    }


class Answers:
    """What the engine has, by the path of its API."""

    def __init__(self, containers: list[dict[str, Any]]) -> None:
        self._containers = {key: one for one in containers for key in (one["Id"], one["Name"].lstrip("/"))}
        images = [image(one["Config"]["Image"]) for one in containers]
        self._images = {key: one for one in images for key in (one["Id"], *one["RepoTags"])}
        rows = [
            {"Id": one["Id"], "Names": [one["Name"]], "Labels": one["Config"]["Labels"], "State": "running"}
            for one in containers
        ]
        self._volumes = {
            mount["Name"]: volume(mount["Name"], one["Config"]["Labels"][f"{LABELS}.project"])
            for one in containers
            for mount in one["Mounts"]
        }
        self._lists: dict[str, Any] = {
            "/containers/json": rows,
            "/images/json": list({one["Id"]: one for one in images}.values()),
            "/volumes": {"Volumes": list(self._volumes.values()), "Warnings": None},
            "/networks": [],
            "/version": {"Version": "28.0.0", "ApiVersion": API, "Os": "linux", "Arch": "amd64"},
            "/info": {
                "ServerVersion": "28.0.0",
                "DockerRootDir": "/var/lib/docker",
                "Driver": "overlay2",
                "OSType": "linux",
                "Architecture": "x86_64",
                "SecurityOptions": [],
            },
        }

    def of(self, path: str) -> Any:
        """Return what is answered to a GET, None where there is no such thing."""
        if path in self._lists:
            return self._lists[path]
        if path.startswith("/volumes/"):
            return self._volumes.get(unquote(path.removeprefix("/volumes/")))
        named = re.fullmatch(r"/(containers|images)/(.+)/json", path)
        kind = {"containers": self._containers, "images": self._images}.get(named[1]) if named else None
        return kind.get(unquote(named[2])) if named and kind else None


class Handler(BaseHTTPRequestHandler):
    """Answers one client; see ``Answers``."""

    protocol_version = "HTTP/1.1"
    answers: Answers

    def address_string(self) -> str:
        return "docker"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        path = re.sub(r"^/v[0-9.]+(?=/)", "", urlsplit(self.path).path)
        found = "OK" if path == "/_ping" else self.answers.of(path)
        body = {"message": f"no such object: {path}"} if found is None else found
        self._answer(json.dumps(body).encode(), 404 if found is None else 200)

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("API-Version", API)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def standing_in(socket: Path, containers: list[dict[str, Any]]) -> Iterator[str]:
    """Answer on a socket, and give the DOCKER_HOST that leads there."""
    kind = type("Handler", (Handler,), {"answers": Answers(containers)})
    with socketserver.ThreadingUnixStreamServer(str(socket), kind) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"unix://{socket}"
        finally:
            server.shutdown()
            socket.unlink()
