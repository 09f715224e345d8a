"""``release.files``: the compose files of this machine, and what lies beside them."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from gonogo.deploy.compose import command_line, env_example, env_file
from gonogo.deploy.compose.as_shown import as_shown, secrets_in
from gonogo.deploy.compose.command_line import Variable
from gonogo.deploy.compose.env_example import Example
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import working_copy
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.working_copy import WorkingCopy
from gonogo.deploy.redaction.masking import concealed, masked
from gonogo.deploy.release.part import Part

TIMEOUT_S = 20


def _kept(found: list[Variable]) -> list[Variable]:
    return [replace(one, default=concealed(one.name, one.default)) for one in found]


class Files(Part):
    """The compose files of this machine, and what lies beside them."""

    part = "files"

    @cached_property
    def has_compose(self) -> bool:
        """Whether this machine has Docker's Compose plugin; no engine is needed."""
        argv = ["docker", "compose", "version"]
        if shutil.which(argv[0]) is None:
            return False
        try:
            done = subprocess.run(
                argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    @cached_property
    def flattened(self) -> command_line.Flat:
        """The compose files as one, and what Compose warns of in them; raises GonogoError."""
        return command_line.flatten(self.target.source, [Path(file) for file in self.target.compose_files])

    @asked("compose.files", keep=lambda flat: as_shown(flat, masked), local=True)
    def flat(self) -> str:
        """The compose files as one, not interpolated; their secrets are redacted from now on."""
        self.redactor.add(secrets_in(self.flattened.text))
        return self.flattened.text

    @property
    def placed(self) -> str:
        """``flat`` as the target is given it: with its environment, it gives the model of the files here."""
        flat = self.flat  # first, since that knows which check is about files that cannot be read
        spread = self.flattened.spread
        return self.flattened.placed(self._release.environment.variables) if spread else flat

    @asked("compose.files", local=True)
    def notices(self) -> list[str]:
        """What Compose warns of in the compose files, such as keys that are obsolete."""
        return list(self.flattened.warnings)

    @asked("compose.files", keep=_kept, local=True)
    def variables(self) -> list[Variable]:
        """The variables that the compose files use."""
        return command_line.variables(self.flat)

    @property
    def declared(self) -> list[str]:
        """The services of the compose files, those of other profiles too."""
        return sorted(env_file.written(self.flat))

    @asked("compose.reproducible", local=True)
    def beside(self) -> WorkingCopy:
        """What lies beside the compose files, and what git says of it."""
        env_files: list[Path] = []
        with suppress(GonogoError):  # compose.files tells what is wrong with the compose files
            env_files = self.flattened.env_files
        return working_copy.read(self.target, env_files)

    @asked("environment.example", local=True)
    def example(self) -> Example | None:
        """What the env example of the repository says; None where there is none."""
        return env_example.look(self.target)
