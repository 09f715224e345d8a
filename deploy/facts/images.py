"""The facts of the images: what the target has, what this machine has, what a registry says."""

from __future__ import annotations

import os

from deploy import images as building
from deploy.fact import fact
from deploy.facts.registry import RegistryFacts
from deploy.images import Source
from deploy.probes import images
from deploy.probes.images import ImageInfo
from deploy.release import RECORD
from deploy.rules.dockerfile import Stage


class ImageFacts(RegistryFacts):
    """What is asked about the images that a release runs and those that it replaces."""

    @fact("docker.healthy")
    def target_images(self) -> dict[str, ImageInfo]:
        """The target's images, by the names of the model that they go by and each by its id.

        Those of the model, of the project's containers, and of the release that is recorded as current.
        """
        names = (service.image for service in self.model.services.values())
        record = f"{self.target.deploy_path}/current/{RECORD}"
        return images.inspect(self.connection, names, (one.image for one in self.running), record)

    @property
    def images(self) -> dict[str, str]:
        """Image ids of the target, by the names that the model gives them."""
        names = {service.image for service in self.model.services.values()}
        return {name: one.id for name, one in self.target_images.items() if name in names}

    @fact("images.present")
    def local_images(self) -> dict[str, ImageInfo]:
        """The builder's images, by the names of the model that they go by and each by its id: this machine's.

        With the method on-server, the target is the builder.
        """
        if self.target.method == "on-server":
            return self.target_images
        return images.local(service.image for service in self.model.services.values())

    @fact("images.platform", local=True)
    def local_platform(self) -> str:
        """The platform that images are built for on this machine, where nothing else is said."""
        return os.environ.get(building.DEFAULT_PLATFORM) or images.local_platform()

    @fact("images.present")
    def unbuildable(self) -> dict[str, str]:
        """What keeps built services from being built on this machine, by service; empty when nothing does."""
        model = self.model
        found = {name: building.buildable(self.target, model.services[name]) for name in model.built()}
        return {name: why for name, why in found.items() if why}

    @fact("images.target")
    def stages(self) -> dict[str, Stage]:
        """The stage of its Dockerfile that each built service would run, as far as it is on this machine."""
        return building.built_stages(self.target, self.model)

    @fact("images.fresh")
    def sources(self) -> dict[str, Source]:
        """What git says of each built service's context on this machine."""
        return building.sources(self.target, self.model)

    @fact("images.present")
    def pullable(self) -> dict[str, bool]:
        """Whether a registry has each image that is not built, and neither on the target nor here."""
        names = {service.image for service in self.model.services.values() if service.build is None}
        rest = names - self.target_images.keys()
        return images.pullable(self.connection, rest - self.local_images.keys() if rest else ())
