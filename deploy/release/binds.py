"""``release.binds``: what the stack mounts of its host, there and on this machine."""

from __future__ import annotations

import posixpath
from pathlib import Path

from gonogo.deploy.compose.mounts import binds_of
from gonogo.deploy.host import local_git
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.binds import Kind
from gonogo.deploy.host.paths import Paths
from gonogo.deploy.release.part import Part


class Binds(Part):
    """What the stack mounts of its host, there and on this machine."""

    part = "binds"

    @property
    def mounted(self) -> Paths:
        """The paths of the target that the stack mounts, or will."""
        running = self._release.running
        mounted = {source for one in running for kind, source, _ in one.mounts if kind == "bind"}
        devices = {one.device for one in self.host.volumes.all if one.device.startswith("/")}
        return self.host.paths(*sorted({*binds_of(self._release.model), *mounted, *devices}))

    @asked("binds.exist")
    def sources(self) -> dict[str, Kind]:
        """What this machine has in the place of each bind mount; a folder counts where git knows files in it.

        Paths in a compose file are relative to its folder, so one far away from it was given as it is.
        """
        root, paths = str(self.target.path), sorted(binds_of(self._release.model))
        near = [path for path in paths if posixpath.commonpath([root, path]) != "/"]
        return {path: _kind(self.target.source, posixpath.relpath(path, root)) for path in near}


def _kind(source: Path, name: str) -> Kind:
    here = source / name
    if here.is_dir():
        # A folder of data that the stack made while it was developed is no part of it.
        return "folder" if local_git.known(here, "ls-files", "--", ".") else "missing"
    return "file" if here.is_file() else "missing"
