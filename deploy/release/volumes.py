"""``release.volumes``: which volumes of the stack are others than the compose file defines."""

from __future__ import annotations

from gonogo.deploy.compose.volumes import unlike
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.inspection import described
from gonogo.deploy.release.part import Part


class Volumes(Part):
    """The volumes of the stack."""

    part = "volumes"

    @asked("volumes.definition")
    def others(self) -> dict[str, list[str]]:
        """In what those that are there are others than the compose file defines, by their names.

        Compose makes no volume anew without being asked to lose its data, and goes on with the one of before.
        """
        model = self._release.model
        wanted = {name: one for name, one in model.stores.items() if model.mounting(name)}
        there = described(self.connection, "volume", wanted.keys())
        found = {name: unlike(wanted[name], one) for name, one in sorted(there.items())}
        return {name: keys for name, keys in found.items() if keys}
