"""The questions of preflight, declared: what of the target and of this machine is asked ahead of the checks.

They are asked side by side, in this order. Each waits by itself for what it depends on: what follows from the
target file is asked as soon as there is a connection, what follows from the compose model as soon as that is
resolved. So the number of round trips is the depth of what depends on each other.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

from gonogo.deploy.availability import health
from gonogo.deploy.mongodb.server import address
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

HTTPS = 443
TEMPORARY = "/tmp"
AHEAD = 2
"""Connections that are worth making ahead: pymongo watches the server over one and asks over another."""

Question = Callable[[], object]


def questions(release: Release) -> Iterator[Question]:
    """Yield what a whole preflight asks: called, each asks one thing, whose answer is kept."""
    yield from _after_target_file(release)
    yield from _here(release)
    yield from _after_model(release)
    yield from _after_images(release)


def _after_target_file(release: Release) -> Iterator[Question]:
    host, target = release.host, release.target
    folder = str(target.deploy_path)
    # First what others wait for.
    yield lambda: release.files.flat
    yield lambda: release.resolved
    yield lambda: release.environment.variables
    yield lambda: release.folder.paths.places
    yield lambda: host.containers.all
    yield lambda: host.engine.info
    yield lambda: host.releases(folder).recorded
    yield lambda: host.volumes.all
    yield lambda: host.networks.all
    yield lambda: host.project(target.project).made_with
    yield lambda: host.compose.version
    yield lambda: host.sockets.listening
    yield lambda: host.memory.available
    yield lambda: host.login.name
    yield lambda: host.lock(folder).held
    yield lambda: host.clock.reading
    if target.backup:
        yield lambda: host.backups(str(target.backup_path)).listing
    for path in dict.fromkeys((str(target.path), TEMPORARY, str(target.backup_path))):
        yield partial(getattr, host.filesystem(path), "room")
    for server in servers(target):
        yield partial(getattr, host.certificate(server), "shown")
    if target.on_server:
        yield lambda: _clone(release)


def _here(release: Release) -> Iterator[Question]:
    """Yield what this machine is asked, and what takes long to import, while the target is connected to."""
    controller, target = release.controller, release.target
    if target.mongodb:
        yield partial(importlib.import_module, "pymongo")
    if target.health:
        yield partial(importlib.import_module, "gonogo.deploy.host.http_client")
    yield lambda: controller.git(str(target.source)).checkout
    yield lambda: release.files.variables
    yield lambda: release.files.beside
    yield lambda: release.host.host_key.trust
    if target.method != "on-server":
        yield lambda: release.builds.platform
    if target.registry:
        yield lambda: controller.registry(release.registry.name).greeting
    for name in target.dns.names if target.dns else ():
        yield partial(getattr, controller.dns(name), "addresses")


def _after_model(release: Release) -> Iterator[Question]:
    host, target = release.host, release.target
    if target.mongodb:
        yield lambda: _way_to_database(release)
        yield lambda: host.mongodb(release).state
    yield lambda: host.images(release).found
    yield lambda: release.builds.images
    yield lambda: release.binds.mounted.binds
    yield lambda: release.contents.stale
    yield lambda: release.networks.anew
    yield lambda: release.volumes.others
    yield lambda: release.environment.files
    yield lambda: host.paths(*release.model.given_files).binds
    yield lambda: host.paths(*release.model.devices).binds
    yield lambda: release.model.subnets and host.networks.routes
    yield lambda: release.running and health.replies(host, target.health)
    yield lambda: host.filesystem(host.engine.root).room
    yield lambda: release.shipping
    yield lambda: release.builds.sources
    yield lambda: release.binds.sources
    yield lambda: release.builds.unbuildable
    yield lambda: release.builds.stages
    if target.registry:
        yield lambda: release.registry.content
        yield lambda: host.registry(release.registry.name, release.registry.image).greeting


def _after_images(release: Release) -> Iterator[Question]:
    yield lambda: release.host.images(release).pullable
    if release.target.mongodb:
        yield lambda: release.host.mongodb(release).dump_tool


def _clone(release: Release) -> None:
    section = release.target.on_server
    assert section
    _ = release.host.git(section.checkout, section.remote, release.git.commit).clone


def _way_to_database(release: Release) -> None:
    """Have connections made to the stack's MongoDB as soon as it is known where it is."""
    if container := release.host.mongodb(release).container:
        at = address.of_container(container)
        release.connection.forward_port(at.host, at.port, ahead=AHEAD)


def servers(target: Target) -> list[str]:
    """Return ``name:port`` of every server whose certificate matters, each once, in the file's order."""
    found = []
    for endpoint in target.health:
        parts = urlsplit(endpoint.url)
        if parts.scheme == "https" and parts.hostname:
            found.append(f"{parts.hostname}:{parts.port or HTTPS}")
    for text in target.tls.hosts:
        name, _, port = text.partition(":")
        found.append(f"{name}:{port or HTTPS}")
    return list(dict.fromkeys(found))
