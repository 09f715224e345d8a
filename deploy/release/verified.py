"""``release`` in verify: what was deployed, as it is recorded on the target."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from gonogo.deploy.compose.model import Model
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import asked
from gonogo.deploy.release import env_files, records
from gonogo.deploy.release.env_files import as_of
from gonogo.deploy.release.records import Baseline, Record
from gonogo.deploy.release.release import PARTS, Release
from gonogo.deploy.release.resolved import Resolved, kept, resolve

OF_THE_MODEL = frozenset(
    {
        *("binds.sources", "environment.initialised", "environment.weak", "registry.content", "resolved"),
        *("builds.sources", "builds.stages", "builds.unbuildable", "contents.stale", "networks.anew"),
        "volumes.others",
    }
)
"""Properties that follow from the model, and so have other answers than for what would be deployed."""


class Verified(Release):
    """The release that should run: ``model`` is what its files give with its own env file.

    Where none is recorded on the target, ``record`` is None, and the rest is what would be deployed.

    >>> release.record.images["api"].id == host.container("shop-api-1").image
    True
    """

    def __init__(
        self,
        coming: Release,
        wanted: str = "",
        baseline_of: str = "",
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the hosts of ``coming``, what would be deployed.

        ``wanted``: the version that should run, empty for the current one; ``baseline_of``: the version whose
        baseline is compared with, empty for that one. ``say`` is given the note of what was compared with.
        """
        self.__dict__.update({name: own for name, own in vars(coming).items() if name not in PARTS})
        self._coming, self._wanted, self.baseline_of, self._say = coming, wanted, baseline_of, say

    def key(self, name: str) -> str:
        """Return under what the answer of the property called ``name`` is kept."""
        return f"verified.{name}" if name in OF_THE_MODEL else name

    @property
    def version(self) -> str:
        """Its version, empty where none is recorded."""
        return self.record.version if self.record else ""

    @property
    def gone_back(self) -> bool:
        """Whether it was gone back to: it has to be as it was, not to be good."""
        return bool(self._wanted and self.baseline_of) and self._wanted != self.baseline_of

    @property
    def record(self) -> Record | None:
        """What is recorded of it; None where nothing is."""
        return self._recorded[0]

    @property
    def baseline(self) -> Baseline | None:
        """The state before it; None where none was taken."""
        return self._recorded[1]

    @property
    def previous(self) -> str:
        """The version of the release before it, empty where there was none."""
        return self.record.previous if self.record else ""

    @cached_property
    def _recorded(self) -> tuple[Record | None, Baseline | None]:
        connection, target = self.connection, self.target
        name = self._wanted or records.current(connection, target)
        found = records.load(connection, target, name) if name else None
        baseline = records.load_baseline(connection, target, self.baseline_of or name) if found else None
        if self._wanted and found is None:
            raise GonogoError(f"{target.host}: there is no release {self._wanted}: correct --release")
        against = f"release {name}, " if found else "no release is recorded: "
        taken = f"baseline of {baseline.taken}" if baseline else "no baseline, the absolute conditions alone"
        self._say(f"verified against: {against}{taken}")
        return found, baseline

    @property
    def model(self) -> Model:
        """What its files give, with its own env file; once found out, it stays for the run."""
        return self._model

    @cached_property
    def _model(self) -> Model:
        return self.resolved.model

    @asked("compose.resolves", keep=kept)
    def resolved(self) -> Resolved:
        """The model that its files give on the target, with its own env file."""
        if self.record is None:
            return self._coming.resolved
        files = records.files(self.target, self.record.version)
        return resolve(self.connection, as_of(self.target, self.record), files, self.redactor)

    @property
    def variables(self) -> dict[str, str]:
        """Those of its own env file, as far as its contents are made of them."""
        if self.record is None or not any(one.environment for one in self.model.contents):
            return super().variables
        return env_files.values(self.connection, as_of(self.target, self.record), self.redactor)

    @cached_property
    def not_repeated(self) -> set[str]:
        """Its one-shots that were not run again when it was gone back to: they need no container."""
        baseline = self.baseline
        if self.record and self.gone_back:
            baseline = records.load_baseline(self.connection, self.target, self.record.version)
        return set(baseline.not_repeated) if baseline else set()

    @cached_property
    def edited(self) -> str:
        """What happened to the env file since the release, by names alone; empty for nothing or unknown."""
        if self.record is None:
            return ""
        return env_files.edited(self, self.record, lambda: self.environment.variables)
