"""``release.environment``: the env file on the target, those of services, and what their values are like."""

from __future__ import annotations

from gonogo.deploy.compose import command_line, env_file
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.path_status import Place
from gonogo.deploy.host.project import login_variables
from gonogo.deploy.redaction.masking import concealed_all
from gonogo.deploy.redaction.secret_values import secret_values
from gonogo.deploy.redaction.weak_secrets import weakness
from gonogo.deploy.release.part import Part


class Environment(Part):
    """The env file on the target, those of services, and what their values are like."""

    part = "environment"

    @asked("environment.file", keep=concealed_all)
    def variables(self) -> dict[str, str]:
        """The variables of the env file as Compose reads them; their secrets are redacted from now on.

        Kept of them is what is no secret; see ``redaction.masking``.
        """
        asked = env_file.ask(self.connection, self.target)
        _ = self._release.folder.path  # asked meanwhile, and to blame where it is not there
        self.redactor.add(env_file.pieces(asked.raw.splitlines()))
        try:
            values = env_file.values(asked, self.target)
        except GonogoError:
            _ = self.host.compose.version  # without a Compose that works, no file is to blame
            raise
        self.redactor.add(secret_values(values))
        return values

    @asked("environment.secrets")
    def files(self) -> dict[str, Place | None]:
        """The env files of the services, by path on the target; None where there is none."""
        values = {**self.variables, command_line.PROJECT: self.target.project}
        paths = env_file.service_files(self._release.files.flat, values, self.target)
        found = self.host.paths(*paths).places
        return {path: found.get(path) for path in paths}

    @asked("environment.secrets")
    def weak(self) -> dict[str, str]:
        """What is weak about values of variables named like a secret's, by variable; never a value."""
        found = {name: weakness(name, value) for name, value in self.variables.items()}
        for service in self._release.services.values():
            own = {n: v for n, v in service.environment.items() if n not in self.variables}
            found |= {f"{name} of {service.name}": weakness(name, value) for name, value in own.items()}
        return {name: said for name, said in found.items() if said}

    @asked("environment.parity", keep=lambda given: {n: concealed_all(env) for n, env in given.items()})
    def initialised(self) -> dict[str, dict[str, str]]:
        """What the project's containers were made with, by service, as far as it is part of a login.

        A database's are the variables that it was initialised with; see ``compose.databases``.
        """
        if not self._release.running:
            return {}
        given = self.host.project(self.target.project).made_with
        return login_variables(self._release.model, given, self.target.mongodb)

    def learn(self) -> None:
        """Let the redactor know what must not be shown, as far as the target can be asked for it."""
        try:
            _ = self.variables
        except GonogoError:
            # The values are known to the redactor; that Compose cannot parse the file it will say itself.
            return
