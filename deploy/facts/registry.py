"""The facts of the registry that the stack's own images belong to, where the target file names one."""

from __future__ import annotations

import os

from gonogo.deploy import release
from gonogo.deploy.errors import Unknown
from gonogo.deploy.facts.stack import StackFacts
from gonogo.deploy.host.answers import asked
from gonogo.deploy.probes import images, registry
from gonogo.deploy.probes.registry import Content, Greeting, There
from gonogo.deploy.sections import Registry
from gonogo.deploy.wire.transcript import Entry


class RegistryFacts(StackFacts):
    """What is asked of a registry; each fact is Unknown where the target file names none."""

    @property
    def registry(self) -> Registry:
        """The registry of the target file."""
        if self.target.registry is None:
            raise Unknown("registry.configured", "the target file has no [registry]")
        return self.target.registry

    @property
    def registry_login(self) -> tuple[str, str] | None:
        """The name and the password that the target file's variables hold; None where it names none.

        This machine's environment comes before the target's env file: what a pipeline gives, it means.
        """
        user, password = self.registry.username_variable, self.registry.password_variable
        if user is None or password is None:
            return None
        found = {name: os.environ.get(name) or self.environment.get(name) for name in (user, password)}
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
        names = {self.model.services[name].image for name in self.model.built()}
        return sorted(name for name in names if not registry.misnamed(name, self.registry.host))

    @asked("registry.reachable", local=True)
    def registry_here(self) -> Greeting:
        """What the registry says to this machine."""
        host = self.registry.host
        return self._told("", registry.greet(self.registry, certificates=registry.trusted_here(host)))

    @asked("registry.login")
    def registry_client(self) -> There:
        """What the target's Docker client has for the registry, and whether it is let in."""
        host = self.registry.host
        image = next(iter(self.pushed), f"{host}/{self.target.project}")
        return registry.there(self.connection, host, image)

    @asked("registry.reachable")
    def registry_there(self) -> Greeting:
        """What the registry says to the target."""
        found = self.registry
        if registry.in_the_open(found):
            return registry.greet(found)
        forward = self.connection.forward_port(*registry.port(found))
        trusted = self.registry_client.certificates
        return self._told(" from the target", registry.greet(found, forward=forward, certificates=trusted))

    @asked("registry.login")
    def registry_content(self) -> Content:
        """What this machine's login finds in the registry of the stack's own images."""
        if self.registry_here.problem:
            raise Unknown("registry.reachable", self.registry_here.problem)
        version = self.images_of or self.version or release.version(self.target.source, release.now())
        tags = {release.tagged(name, version) for name in self.pushed}
        ours = {one.id for one in images.local(tags).values()}
        trusted = registry.trusted_here(self.registry.host)
        given = self.registry_login
        found, secrets = registry.content(self.registry, self.pushed, version, trusted, ours, given)
        self.redactor.add(secrets)
        return found

    def _told(self, whence: str, greeting: Greeting) -> Greeting:
        said = greeting.problem or f"login: {greeting.scheme or 'none'}"
        name = f"GET {self.registry.host}/v2/{whence}"
        self.transcript.add(Entry(name, 1 if greeting.problem else 0, said, 0.0))
        return greeting
