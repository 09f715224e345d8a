"""``host`` and ``controller``: the target and the machine that deploys, as objects of one class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.deploy.host.machine import Machine
from gonogo.deploy.release.images import Images
from gonogo.deploy.release.lock import Lock
from gonogo.deploy.release.releases import Releases

if TYPE_CHECKING:
    from gonogo.deploy.mongodb.noun import Mongodb
    from gonogo.deploy.release.release import Release


class Host(Machine):
    """A machine with the nouns of releases and of their data.

    >>> host.releases("/srv/shop/.deploy").current.version
    '9f3c2ab1-20261127-101500'
    """

    def images(self, release: Release) -> Images:
        """The images that a release needs."""
        return Images(self, release)

    def lock(self, folder: str) -> Lock:
        """The lock of deployments that lies in a folder."""
        return Lock(self, folder)

    def mongodb(self, release: Release) -> Mongodb:
        """The MongoDB that the target file names, as a release logs in to it."""
        from gonogo.deploy.mongodb.noun import Mongodb  # noqa: PLC0415  its folder lies above this one

        return Mongodb(self, release)

    def releases(self, folder: str) -> Releases:
        """The releases that are recorded in a folder."""
        return Releases(self, folder)
