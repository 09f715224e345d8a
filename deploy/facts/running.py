"""The facts of what runs, which only the suite that follows a release needs."""

from __future__ import annotations

from dataclasses import replace

from gonogo.deploy.facts.release import ReleaseFacts
from gonogo.deploy.host import containers
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.container import Given
from gonogo.deploy.probes import images, resources
from gonogo.deploy.probes.images import ImageInfo
from gonogo.deploy.probes.resources import Usage
from gonogo.deploy.redact import secret_values
from gonogo.deploy.rules.weak import concealed_all


def _kept(found: dict[str, Given]) -> dict[str, Given]:
    bare = {name: replace(one, command=()) for name, one in found.items()}
    return {name: replace(one, environment=concealed_all(one.environment)) for name, one in bare.items()}


class RunningFacts(ReleaseFacts):
    """What is asked about the containers of a release after it was started."""

    @asked("environment.running", keep=_kept)
    def made_with(self) -> dict[str, Given]:
        """What the project's containers were made with, by service; their secrets are redacted."""
        found = containers.given(self.connection, self.target.project)
        for one in found.values():
            self.redactor.add(secret_values(one.environment))
        return found

    @asked("images.stage")
    def running_images(self) -> dict[str, ImageInfo]:
        """The images of the project's containers, by id."""
        ids = {one.image for one in self.running}
        return {name: one for name, one in images.inspect(self.connection, (), ids).items() if name in ids}

    @asked("resources.sane")
    def usage(self) -> dict[str, Usage]:
        """What the project's running containers use of their memory, by id."""
        return resources.usage(self.connection, [one.id for one in self.running if one.running])
