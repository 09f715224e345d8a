"""The stack of a release: its folder, its environment, its compose model, its containers."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from gonogo.deploy.compose import command_line, env_example, env_file
from gonogo.deploy.compose.env_example import Example
from gonogo.deploy.compose.model import Model
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import working_copy
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.paths import Paths
from gonogo.deploy.host.places import Place
from gonogo.deploy.host.project import login_variables
from gonogo.deploy.host.working_copy import WorkingCopy
from gonogo.deploy.redaction.masking import concealed_all
from gonogo.deploy.redaction.secret_values import secret_values
from gonogo.deploy.redaction.weak_secrets import weakness
from gonogo.deploy.release.base import Base
from gonogo.deploy.release.resolved import Resolved, config, kept, read_config


class Stack(Base):
    """What is asked about the stack on the target, and about the compose files here."""

    @property
    def running(self) -> list[Container]:
        """The containers of the target's project, stopped ones too."""
        return self.host.project(self.target.project).containers

    @property
    def paths(self) -> Paths:
        """What matters in the stack's folder: the folder, the env file, what Compose would add."""
        path = self.target.path
        names = (str(path / name) for name in (".env", *command_line.OVERRIDES))
        return self.host.paths(str(path), env_file.file(self.target), *names)

    @asked("path.present")
    def folder(self) -> str:
        """The stack's folder on the target, which is there."""
        path = str(self.target.path)
        place = self.paths.places.get(path)
        if place is None or not place.is_folder:
            raise GonogoError(
                f"{self.target.host}: there is no folder {path}: make it, or correct path in the target file"
            )
        return path

    @asked("environment.file", keep=concealed_all)
    def environment(self) -> dict[str, str]:
        """The variables of the env file as Compose reads them; their secrets are redacted from now on.

        Kept of them is what is no secret; see ``redaction.masking``.
        """
        asked = env_file.ask(self.connection, self.target)
        _ = self.folder  # asked meanwhile, and to blame where it is not there
        self.redactor.add(env_file.pieces(asked.raw.splitlines()))
        try:
            values = env_file.values(asked, self.target)
        except GonogoError:
            _ = self.host.compose.version  # without a Compose that works, no file is to blame
            raise
        self.redactor.add(secret_values(values))
        return values

    @cached_property
    def _flattened(self) -> command_line.Flat:
        return command_line.flatten(self.target.source, [Path(file) for file in self.target.compose_files])

    @asked("compose.files", local=True)
    def flat(self) -> str:
        """The compose files of this machine as one, not interpolated."""
        return self._flattened.text

    @asked("compose.files", local=True)
    def notices(self) -> list[str]:
        """What Compose warns of in the compose files of this machine, such as keys that are obsolete."""
        return list(self._flattened.warnings)

    @asked("compose.files", local=True)
    def variables(self) -> list[command_line.Variable]:
        """The variables that the compose files use."""
        return command_line.variables(self.flat)

    @property
    def declared(self) -> list[str]:
        """The services of the compose files, those of other profiles too."""
        return sorted(env_file.written(self.flat))

    @asked("compose.reproducible", local=True)
    def beside(self) -> WorkingCopy:
        """What lies beside the compose files on this machine, and what git says of it."""
        return working_copy.read(self.target)

    @asked("environment.example", local=True)
    def example(self) -> Example | None:
        """What the env example of the repository says; None where there is none."""
        return env_example.look(self.target)

    @asked("compose.resolves", keep=kept)
    def resolved(self) -> Resolved:
        """The model of what would be deployed, resolved on the target with its env file."""
        result = config(self.connection, self.target, ("-",), self.flat.encode())
        # Asked meanwhile. It comes first: the redactor needs it, and another check judges that file.
        _ = self.environment
        return read_config(self.target, result, self.redactor)

    @asked("environment.secrets")
    def service_files(self) -> dict[str, Place | None]:
        """The env files of the services, by path on the target; None where there is none."""
        values = {**self.environment, command_line.PROJECT: self.target.project}
        paths = env_file.service_files(self.flat, values, self.target)
        found = self.host.paths(*paths).places
        return {path: found.get(path) for path in paths}

    @asked("environment.secrets")
    def weak(self) -> dict[str, str]:
        """What is weak about values of variables named like a secret's, by variable; never a value."""
        found = {name: weakness(name, value) for name, value in self.environment.items()}
        for service in self.model.services.values():
            own = {n: v for n, v in service.environment.items() if n not in self.environment}
            found |= {f"{name} of {service.name}": weakness(name, value) for name, value in own.items()}
        return {name: said for name, said in found.items() if said}

    @asked("environment.parity", keep=lambda given: {n: concealed_all(env) for n, env in given.items()})
    def initialised(self) -> dict[str, dict[str, str]]:
        """What the project's containers were made with, by service, as far as it is part of a login.

        A database's are the variables that it was initialised with; see ``compose.databases``.
        """
        if not self.running:
            return {}
        given = self.host.project(self.target.project).made_with
        return login_variables(self.model, given, self.target.mongodb)

    @property
    def model(self) -> Model:
        """The resolved model."""
        return self.resolved.model

    def learn(self) -> None:
        """Let the redactor know what must not be shown, as far as the target can be asked for it."""
        try:
            _ = self.environment
        except GonogoError:
            # The values are known to the redactor; that Compose cannot parse the file it will say itself.
            return
