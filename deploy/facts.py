"""All that is known of one target in one run, each thing asked when it is first needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import compose
from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.fact import REACHABLE, Answer, Unknown, fact
from deploy.model import Model
from deploy.probes import containers, disk, engine, environment, images, listeners
from deploy.probes.containers import Container
from deploy.redact import Redactor, secret_values
from deploy.target import Target
from deploy.transcript import Entry, Transcript


@dataclass(frozen=True)
class Resolved:
    """The resolved model, and the variables that Compose warned about as not set."""

    model: Model
    unset: list[str]


class Facts:
    """The facts of a target. ``connection`` may be None, when every fact of the target is Unknown."""

    def __init__(
        self, target: Target, connection: Connection | None, redactor: Redactor, failure: str = ""
    ) -> None:
        self.target = target
        self.redactor = redactor
        self.answers: dict[str, Answer] = {}
        self.used: set[int] = set()
        self.transcript = connection.transcript if connection else Transcript(redactor)
        self._connection, self._failure = connection, failure

    @property
    def connection(self) -> Connection:
        """The connection; raises Unknown with the reason when there is none."""
        if self._connection is None:
            raise Unknown(REACHABLE, self._failure)
        return self._connection

    def evidence(self, since: int) -> list[Entry]:
        """Return the entries from ``since`` on and those of the facts used; forget which were used."""
        entries = self.transcript.entries
        wanted = sorted(self.used | set(range(since, len(entries))))
        self.used.clear()
        return [entries[index] for index in wanted if index < len(entries)]

    def forget(self, *names: str) -> None:
        """Make the facts called ``names`` be asked again, after something changed."""
        for name in names:
            self.answers.pop(name, None)

    @fact("docker.access")
    def engine(self) -> engine.Engine:
        """The target's Docker Engine."""
        return engine.engine(self.connection)

    @fact("docker.access")
    def docker_root(self) -> str:
        """Where the engine keeps its data."""
        return engine.root(self.connection)

    @fact("docker.compose")
    def compose_version(self) -> str:
        """The version of ``docker compose`` on the target."""
        return engine.compose(self.connection)

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

    @fact("ports.free")
    def listeners(self) -> list[listeners.Listener]:
        """The listening sockets of the target."""
        return listeners.listeners(self.connection)

    @fact("disk.free")
    def rooms(self) -> list[disk.Room]:
        """The filesystems that a release writes to."""
        return disk.rooms(self.connection, [self.folder, self.docker_root, "/tmp"])

    @fact("environment.file")
    def environment(self) -> dict[str, str]:
        """The variables of the env file as Compose reads them; their values are redacted from now on."""
        _ = self.folder
        self.redactor.add(environment.raw_values(self.connection, self.target))
        values = environment.values(self.connection, self.target)
        self.redactor.add(secret_values(values))
        return values

    @fact("compose.files")
    def flat(self) -> str:
        """The compose files of this machine as one, not interpolated."""
        return compose.flatten(self.target.source, [Path(file) for file in self.target.compose_files])

    @fact("compose.files")
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

    @fact("docker.access")
    def images(self) -> dict[str, str]:
        """Image ids of the target, by the names that the model gives them."""
        return images.images(self.connection, (s.image for s in self.model.services.values()))

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
