"""A release as its repository tells it, where no target may be asked."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from gonogo.deploy.compose import command_line, dotenv, env_example, env_file, local_resolver
from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host import commits, local_git
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.commits import Shipping
from gonogo.deploy.redaction.masking import concealed_all
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.redaction.secret_values import secret_values
from gonogo.deploy.release.environment import Environment
from gonogo.deploy.release.files import Files
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.resolved import Resolved, kept, read
from gonogo.deploy.ssh.transcript import Entry
from gonogo.deploy.target.target import Target

OFFLINE = "offline"
"""What blocks a check for which the repository alone will not do."""
NO_TARGET = "only the repository is looked at (-m offline), and this asks the target: run it without"
WITH_COMPOSE = "resolved on this machine, with the env example in place of the env file"
WITHOUT_COMPOSE = "docker compose is not on this machine: what it would refuse was not looked at"


class OfflineFiles(Files):
    """The compose files, where this machine may have no Compose."""

    @cached_property
    def flattened(self) -> command_line.Flat:
        files = self.target.compose_files
        if self.has_compose:
            return command_line.flatten(self.target.source, [Path(file) for file in files])
        found = [self.target.source / file for file in files]
        lacking = [str(file) for file in found if not file.is_file()]
        if lacking:
            raise GonogoError(f"there is no {', '.join(lacking)}: fix compose_files in the target file")
        try:
            text = found[0].read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
            raise GonogoError(f"the compose file {found[0]} cannot be read: {why}") from None
        needing = [f"{len(files)} compose files"] if len(files) > 1 else local_resolver.needs_compose(text)
        if needing:
            raise Unknown(OFFLINE, f"{' and '.join(needing)} need docker compose: install it where this runs")
        self.transcript.add(Entry(f"{files[0]} as it is written", None, WITHOUT_COMPOSE, 0.0))
        return command_line.Flat(text)


class EnvExample(Environment):
    """The env example of the repository, which stands for the env file."""

    @asked("environment.example", keep=concealed_all, local=True)
    def variables(self) -> dict[str, str]:
        """The variables of the env example, which stands for the env file."""
        text = env_example.text(self.target)
        named = self.target.environment.example
        wanted = [] if text is not None else env_example.demanded(self._release.files.flat, self.target)
        if text is None and (wanted or named):
            gives = f" that gives {', '.join(wanted)}" if wanted else ""
            raise GonogoError(f"there is no {env_example.path(self.target)}{gives}")
        found, _ = dotenv.read(text or "")
        real = {name: value for name, value in found.items() if env_example.is_real(name, value, self.target)}
        self.redactor.add(secret_values(real))
        return self._as_compose_reads() if text and self._release.files.has_compose else found

    def _as_compose_reads(self) -> dict[str, str]:
        file = env_example.path(self.target)
        argv = ["docker", "compose", "--env-file", str(file), "-f", "-", "config", "--environment"]
        done = command_line.local(argv, f"the env example {file}", env_file.NOTHING)
        return env_file.parse(done.stdout.decode("utf-8", "replace"))


class OfflineRelease(Release):
    """A release as far as the repository tells it; what would have to ask it is Unknown.

    The env example stands for the env file. Where this machine has no Compose, the compose file is read as
    it is written; see ``compose.local_resolver``.
    """

    offline = True
    files: cached_property[Files] = cached_property(OfflineFiles)
    environment: cached_property[Environment] = cached_property(EnvExample)

    def __init__(self, target: Target, redactor: Redactor) -> None:
        super().__init__(target, None, redactor, Unknown(OFFLINE, NO_TARGET))

    @asked("compose.resolves", keep=kept, local=True)
    def resolved(self) -> Resolved:
        """The model of what would be deployed, with the env example in place of the env file."""
        # Without these Compose refuses to go on; of the others the check of the example tells.
        if lacking := env_example.insisted(self.files.flat, self.environment.variables):
            raise Unknown("environment.example", f"the env example does not give {', '.join(lacking)}")
        if self.files.has_compose:
            text, said = self._as_compose_resolves()
        else:
            known = self.environment.variables
            text, said = local_resolver.resolve(self.files.placed, self.target, known), ""
        found = read(text, said, secrets := Redactor())
        # To hide placeholders would shred every text.
        self.redactor.add(one for one in secrets.values if not env_example.is_known(one, self.target))
        # What is not set is what the example lacks, and another check tells that.
        return replace(found, unset=[])

    def _as_compose_resolves(self) -> tuple[str, str]:
        target, file = self.target, env_example.path(self.target)
        words = ["docker", "compose", "-f", "-", "--project-directory", str(target.path)]
        words += ["-p", target.project, "--env-file", str(file) if file.is_file() else "/dev/null"]
        profiles = [word for one in target.profiles for word in ("--profile", one)]
        argv = [*words, *profiles, "config", "--no-env-resolution", "--format", "json"]
        begun = time.monotonic()
        done = command_line.local(argv, "the compose files", self.files.placed.encode())
        self.transcript.add(Entry(shlex.join(argv), 0, WITH_COMPOSE, time.monotonic() - begun))
        return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    @asked("git.changes", local=True)
    def shipping(self) -> Shipping | None:
        """What a merge would add to the branch that is deployed, or to the remote's own; None if not known.

        Known is a branch of ``origin`` as this clone last saw it.
        """
        source = self.target.source
        for name in (*self.target.git.branches, "HEAD"):
            branch = f"refs/remotes/origin/{name}"
            if since := local_git.known(source, "merge-base", "HEAD", branch):
                return commits.shipping(source, since)
        return None
