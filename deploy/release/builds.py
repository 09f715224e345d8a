"""``release.builds``: how a release gets its images: which are built, from what, and which are at hand."""

from __future__ import annotations

import os

from gonogo.deploy.compose.dockerfile import Stage
from gonogo.deploy.compose.healthcheck import Healthcheck
from gonogo.deploy.compose.service import Service
from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host import identities
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.release import build_context
from gonogo.deploy.release.build_source import Source
from gonogo.deploy.release.part import Part
from gonogo.deploy.release.records import tagged


class Builds(Part):
    """How a release gets its images: which are built, from what, and which are at hand."""

    part = "builds"

    def sought(self, service: Service) -> str:
        """The name by which the image of a service is looked for; the tag of the version to be taken."""
        built = self._release.images_of and service.build is not None
        return tagged(service.image, self._release.images_of) if built else service.image

    @property
    def _there(self) -> dict[str, ImageInfo]:
        return self.host.images(self._release).found

    @property
    def images(self) -> dict[str, ImageInfo]:
        """The images of the machine that builds, by the names of the model that they go by and by their ids.

        With the method on-server, the target is the builder.
        """
        services = self._release.model.services.values()
        builder = self.host if self.target.method == "on-server" else self.controller
        found = builder.images(self._release).found
        if not self._release.images_of:
            return found
        built = {one.image: found.get(self.sought(one)) for one in services if one.build is not None}
        rest = {name: image for name, image in found.items() if name not in built}
        return rest | {name: image for name, image in built.items() if image}

    def at_hand(self, service: Service) -> ImageInfo | None:
        """The image that a service would run, as far as it exists before the deployment."""
        if service.build is not None:
            # What the target has under its name is never taken for an image that this stack builds.
            return self.images.get(service.image) if self._release.skip_build else None
        return self._there.get(service.image) or self.images.get(service.image)

    def healthcheck(self, service: Service) -> Healthcheck | None:
        """The health check that containers of a service would have; None for none.

        That of the compose file, and below it that of the image: of its Dockerfile where it is built.
        """
        building = service.build is not None and not self._release.skip_build
        stage = self.stages.get(service.name) if building else None
        image = stage or self.at_hand(service)
        return (service.healthcheck or Healthcheck()).over(image.healthcheck if image else None)

    @property
    def ids(self) -> dict[str, str]:
        """The ids of the builder's images by name; of those that the target has too, the ids there."""
        found = {name: one.id for name, one in self.images.items()}
        if self.target.method == "on-server":
            return found
        known = {one.id for one in self._there.values()}
        twins = identities.counterparts(
            self.connection, set(found.values()) - known, by=self.controller.connection
        )
        return {name: twins.get(one, one) for name, one in found.items()}

    @property
    def offered(self) -> set[str]:
        """The services whose image, built already, is in the registry of the target file and not here."""
        if self.target.method != "registry":
            return set()
        built = [self._release.model.services[name] for name in self._release.model.built()]
        lacking = [one for one in built if one.image not in self.images]
        content = self._release.registry.content if lacking else None
        there = {name for name, is_there in content.named.items() if is_there} if content else set()
        there = set(content.taken) if content and self._release.images_of else there
        return {one.name for one in lacking if self.sought(one) in there}

    @asked("images.platform", local=True)
    def platform(self) -> str:
        """The platform that images are built for on the machine that deploys, where nothing else is said."""
        try:
            return os.environ.get(build_context.DEFAULT_PLATFORM) or self.controller.engine.platform
        except Unknown as refused:  # the checks of docker are about the target's engine
            raise GonogoError(str(refused)) from None

    @asked("images.present")
    def unbuildable(self) -> dict[str, str]:
        """What keeps built services from being built on this machine, by service; empty when nothing does."""
        model = self._release.model
        found = {name: build_context.buildable(self.target, model.services[name]) for name in model.built()}
        return {name: why for name, why in found.items() if why}

    @asked("images.target")
    def stages(self) -> dict[str, Stage]:
        """The stage of its Dockerfile that each built service would run, as far as it is on this machine."""
        self.redactor.add(build_context.secrets_in(self.target, self._release.model))
        return build_context.built_stages(self.target, self._release.model)

    @asked("images.fresh")
    def sources(self) -> dict[str, Source]:
        """What git says of each built service's context on this machine."""
        return build_context.sources(self.target, self._release.model)
