"""The facts of the images: what the target has, what this machine has, what a registry says."""

from __future__ import annotations

from deploy.fact import fact
from deploy.facts.stack import StackFacts
from deploy.probes import images


class ImageFacts(StackFacts):
    """What is asked about the images that a release runs and those that it replaces."""

    @fact("docker.access")
    def images(self) -> dict[str, str]:
        """Image ids of the target, by the names that the model gives them."""
        return images.images(self.connection, (s.image for s in self.model.services.values()))
