"""``host.images(release)``, ``controller.images(release)``: the images of a release that a machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.deploy.errors import Unknown
from gonogo.deploy.host import images
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.images import LOCAL_TIMEOUT_S, ImageInfo
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.release.records import RECORD

if TYPE_CHECKING:
    from gonogo.deploy.release.host import Host
    from gonogo.deploy.release.release import Release


class Images(Noun):
    """The images that a host has of those that a release needs, by the names of the model and by their ids.

    >>> controller.images(release).found["shop-api:latest"].platform
    'linux/amd64'
    """

    of_release = True

    def __init__(self, host: Host, release: Release) -> None:
        super().__init__(host)
        self._release = release

    @asked("docker.healthy")
    def found(self) -> dict[str, ImageInfo]:
        """Those that are there. Of the target also those that run, and those of the current release.

        Raises Unknown where its engine does not say.
        """
        found = self._inspected()
        self._host.redactor.add(images.secrets_of(found.values()))
        return found

    def _inspected(self) -> dict[str, ImageInfo]:
        release = self._release
        if release.offline:
            return {}
        services = release.model.services.values()
        if self._host.role == "controller":
            try:
                return images.inspect(
                    self.connection, map(release.builds.sought, services), timeout=LOCAL_TIMEOUT_S
                )
            except Unknown as refused:  # the checks of docker are about the target's engine
                raise Unknown("images.present", str(refused)) from None
        names = {name for one in services for name in (one.image, release.builds.sought(one))}
        record = f"{release.target.deploy_path}/current/{RECORD}"
        return images.inspect(self.connection, names, (one.image for one in release.running), record)

    @asked("images.present")
    def pullable(self) -> dict[str, bool]:
        """Whether a registry would give the host each image that is not built and neither machine has."""
        services = self._release.model.services.values()
        there, here = self._release.host.images(self._release), self._release.builds.images
        rest = {one.image for one in services if one.build is None} - there.found.keys()
        return images.pullable(self.connection, rest - here.keys() if rest else ())
