"""``release.registry``: the registry that the stack's own images belong to, where there is one."""

from __future__ import annotations

import os

from gonogo.deploy.compose.image_name import misnamed
from gonogo.deploy.errors import Unknown
from gonogo.deploy.host import images, registry
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.registry import Content
from gonogo.deploy.release import records
from gonogo.deploy.release.part import Part
from gonogo.deploy.target.sections.delivery import Registry as Section


class Registry(Part):
    """The registry of the stack's own images; each property is Unknown where the target file names none."""

    part = "registry"

    @property
    def section(self) -> Section:
        """The registry of the target file."""
        if self.target.registry is None:
            raise Unknown("registry.configured", "the target file has no [registry]")
        return self.target.registry

    @property
    def login(self) -> tuple[str, str] | None:
        """The name and the password that the target file's variables hold; None where it names none.

        This machine's environment comes before the target's env file: what a pipeline gives, it means.
        """
        user, password = self.section.username_variable, self.section.password_variable
        if user is None or password is None:
            return None
        given = self._release.environment.variables
        found = {name: os.environ.get(name) or given.get(name) for name in (user, password)}
        if lacking := sorted(name for name, value in found.items() if not value):
            raise Unknown(
                "registry.login",
                f"{', '.join(lacking)}, for the login, is set neither here nor in the target's env file",
            )
        self.redactor.add([str(found[password])])
        return str(found[user]), str(found[password])

    @property
    def pushed(self) -> list[str]:
        """The names of the images that the stack builds and that can be pushed to the registry."""
        names = {self._release.model.services[name].image for name in self._release.model.built()}
        return sorted(name for name in names if not misnamed(name, self.section.host))

    @property
    def name(self) -> str:
        """The registry as ``host.registry`` and ``controller.registry`` take it."""
        return registry.written(self.section)

    @property
    def image(self) -> str:
        """An image of the stack's in the registry, for ``host.registry`` to ask for."""
        return next(iter(self.pushed), f"{self.section.host}/{self.target.project}")

    @asked("registry.login")
    def content(self) -> Content:
        """What this machine's login finds in the registry of the stack's own images."""
        if problem := self.controller.registry(self.name).greeting.problem:
            raise Unknown("registry.reachable", problem)
        wanted = self._release.images_of or self._release.version
        version = wanted or records.version(self.target.source, records.now())
        tags = {records.tagged(name, version) for name in self.pushed}
        known = {one.id for one in images.local(tags, self.controller.connection).values()}
        trusted = registry.trusted_here(self.section.host)
        given = self.login
        found, secrets = registry.content(self.section, self.pushed, version, trusted, known, given)
        self.redactor.add(secrets)
        return found
