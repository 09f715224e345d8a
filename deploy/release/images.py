"""The images of a release: what the target has, what this machine has, what a registry says."""

from __future__ import annotations

import os

from gonogo.deploy.compose.dockerfile import Stage
from gonogo.deploy.compose.model import Service
from gonogo.deploy.host import identities, images
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.release import RECORD, tagged
from gonogo.deploy.release.registry import Registries
from gonogo.deploy.transfer import image_build as building
from gonogo.deploy.transfer.build_source import Source


class Images(Registries):
    """What is asked about the images that a release runs and those that it replaces."""

    def sought(self, service: Service) -> str:
        """The name by which the image of a service is looked for; the tag of the version to be taken."""
        built = self.images_of and service.build is not None
        return tagged(service.image, self.images_of) if built else service.image

    @asked("docker.healthy")
    def target_images(self) -> dict[str, ImageInfo]:
        """The target's images, by the names of the model that they go by and each by its id.

        Those of the model, of the project's containers, and of the release that is recorded as current.
        """
        names = {name for one in self.model.services.values() for name in (one.image, self.sought(one))}
        record = f"{self.target.deploy_path}/current/{RECORD}"
        return images.inspect(self.connection, names, (one.image for one in self.running), record)

    @property
    def images(self) -> dict[str, str]:
        """Image ids of the target, by the names that the model gives them."""
        names = {service.image for service in self.model.services.values()}
        return {name: one.id for name, one in self.target_images.items() if name in names}

    @asked("images.present")
    def local_images(self) -> dict[str, ImageInfo]:
        """The builder's images, by the names of the model that they go by and each by its id: this machine's.

        With the method on-server, the target is the builder.
        """
        services = self.model.services.values()
        there = self.target.method == "on-server"
        found = self.target_images if there else images.local(map(self.sought, services))
        if not self.images_of:
            return found
        built = {one.image: found.get(self.sought(one)) for one in services if one.build is not None}
        rest = {name: image for name, image in found.items() if name not in built}
        return rest | {name: image for name, image in built.items() if image}

    @property
    def local_ids(self) -> dict[str, str]:
        """The ids of the builder's images by name; of those that the target has too, the ids there."""
        found = {name: one.id for name, one in self.local_images.items()}
        if self.target.method == "on-server":
            return found
        known = {one.id for one in self.target_images.values()}
        twins = identities.counterparts(self.connection, set(found.values()) - known)
        return {name: twins.get(one, one) for name, one in found.items()}

    @property
    def offered(self) -> set[str]:
        """The services whose image, built already, is in the registry of the target file and not here."""
        if self.target.method != "registry":
            return set()
        built = [self.model.services[name] for name in self.model.built()]
        lacking = [one for one in built if one.image not in self.local_images]
        content = self.registry_content if lacking else None
        there = {name for name, is_there in content.named.items() if is_there} if content else set()
        there = set(content.taken) if content and self.images_of else there
        return {one.name for one in lacking if self.sought(one) in there}

    @asked("images.platform", local=True)
    def local_platform(self) -> str:
        """The platform that images are built for on this machine, where nothing else is said."""
        return os.environ.get(building.DEFAULT_PLATFORM) or images.local_platform()

    @asked("images.present")
    def unbuildable(self) -> dict[str, str]:
        """What keeps built services from being built on this machine, by service; empty when nothing does."""
        model = self.model
        found = {name: building.buildable(self.target, model.services[name]) for name in model.built()}
        return {name: why for name, why in found.items() if why}

    @asked("images.target")
    def stages(self) -> dict[str, Stage]:
        """The stage of its Dockerfile that each built service would run, as far as it is on this machine."""
        return building.built_stages(self.target, self.model)

    @asked("images.fresh")
    def sources(self) -> dict[str, Source]:
        """What git says of each built service's context on this machine."""
        return building.sources(self.target, self.model)

    @asked("images.present")
    def pullable(self) -> dict[str, bool]:
        """Whether a registry has each image that is not built, and neither on the target nor here."""
        names = {service.image for service in self.model.services.values() if service.build is None}
        rest = names - self.target_images.keys()
        return images.pullable(self.connection, rest - self.local_images.keys() if rest else ())
