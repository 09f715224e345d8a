"""The facts of the stack: its folder, its environment, its compose model, its containers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import compose
from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.fact import fact
from deploy.facts.host import HostFacts
from deploy.model import Model
from deploy.probes import containers, environment
from deploy.probes.containers import Container
from deploy.redact import Redactor, secret_values
from deploy.target import Target


@dataclass(frozen=True)
class Resolved:
    """The resolved model, and the variables that Compose warned about as not set."""

    model: Model
    unset: list[str]


class StackFacts(HostFacts):
    """What is asked about the stack on the target, and about the compose files here."""

    @fact("docker.access")
    def containers(self) -> list[Container]:
        """All containers of the target."""
        return containers.containers(self.connection)

    @property
    def running(self) -> list[Container]:
        """The containers of the target's project, stopped ones too."""
        return containers.of_project(self.containers, self.target.project)

    @fact("path.present")
    def folder(self) -> str:
        """The stack's folder on the target, which is there."""
        return environment.folder(self.connection, self.target)

    @fact("environment.file")
    def environment(self) -> dict[str, str]:
        """The variables of the env file as Compose reads them; their values are redacted from now on."""
        _ = self.folder
        self.redactor.add(environment.raw_values(self.connection, self.target))
        values = environment.values(self.connection, self.target)
        self.redactor.add(secret_values(values))
        return values

    @fact("compose.files", local=True)
    def flat(self) -> str:
        """The compose files of this machine as one, not interpolated."""
        return compose.flatten(self.target.source, [Path(file) for file in self.target.compose_files])

    @fact("compose.files", local=True)
    def variables(self) -> list[compose.Variable]:
        """The variables that the compose files use."""
        return compose.variables(self.flat)

    @fact("compose.resolves")
    def resolved(self) -> Resolved:
        """The model of what would be deployed, resolved on the target with its env file."""
        # First for the redactor, and because a file that Compose cannot read is for one check to tell.
        _ = self.environment
        return resolve(self.connection, self.target, ("-",), self.redactor, self.flat.encode())

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


def resolve(
    connection: Connection,
    target: Target,
    files: Sequence[str],
    redactor: Redactor,
    stdin: bytes | None = None,
) -> Resolved:
    """Return the model that ``files`` give on the target, ``-`` being ``stdin``; its secrets are redacted.

    Raises GonogoError with Compose's words.
    """
    line = compose.command(target, "config", "--format", "json", files=files)
    result = connection.run(line, stdin=stdin, private=True)
    if not result.ok:
        raise GonogoError(f"{target.host}: {compose.complaint(result.error_text)}")
    model = Model.from_json(result.text)
    for service in model.services.values():
        arguments = (service.build or {}).get("args") or {}
        redactor.add(secret_values({**service.environment, **{k: str(v) for k, v in arguments.items()}}))
    return Resolved(model, compose.unset_variables(result.error_text))
