"""The volumes of a host, with Compose's labels on them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.inspection import absent
from gonogo.deploy.host.noun import Noun

# Of a volume's options only what is needed: those of a network share may hold its password.
FORM = (
    '{"name":{{json .Name}},"driver":{{json .Driver}},'
    '"read_only":{{range split (index .Options "o") ","}}{{if eq . "ro"}}true,"_":{{end}}{{end}}false,'
    '"device":{{if eq (index .Options "type") "none"}}{{json (index .Options "device")}}{{else}}""{{end}},'
    '"project":{{json (index .Labels "com.docker.compose.project")}},'
    '"key":{{json (index .Labels "com.docker.compose.volume")}}}'
)
COMMAND = (
    'names=$(docker volume ls -q) && { [ -z "$names" ] || '
    f"printf '%s\\n' \"$names\" | xargs docker volume inspect --format '{FORM}'; }}"
)

SIZES = (
    "docker system df --verbose --format '{\"sizes\":{{json .Volumes}}}' && echo && "
    "names=$(docker volume ls -q) && "
    '{ [ -z "$names" ] || printf \'%s\\n\' "$names" | xargs docker volume inspect '
    '--format \'{"name":{{json .Name}},"driver":{{json .Driver}},"options":{{len .Options}}}\'; }'
)
"""A volume with options may lie elsewhere, as on a network share: mounted only while a container uses it."""


@dataclass(frozen=True)
class Volume:
    """One volume. ``project`` and ``key`` are Compose's: the project, and the name in its compose file.

    ``device``: the folder that a local volume binds, empty for one that Docker keeps itself.
    """

    name: str
    driver: str = "local"
    read_only: bool = False
    device: str = ""
    project: str = ""
    key: str = ""


class Volumes(Noun):
    """The volumes of a host.

    >>> [one.name for one in host.volumes.all]
    ['shop_mongodb-data', 'shop_uploads']
    """

    @asked("volumes.exist")
    def all(self) -> list[Volume]:
        """All volumes; raises Unknown when docker refuses."""
        result = self.connection.run(COMMAND)
        # One may be removed between the two questions; any other word of docker means that it failed.
        if not result.ok and not absent("volume", result.error_text):
            raise unreachable(self.machine, result)
        return parse(result.text)

    @asked("volumes.same_data")
    def empty(self) -> dict[str, bool]:
        """Whether no file in them holds anything, by name; of those alone whose files the engine counts."""
        return parse_empty(self.connection.check(SIZES).text)


def parse_empty(text: str) -> dict[str, bool]:
    """Return whether the volumes that SIZES printed are empty; one with options may lie elsewhere."""
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    sizes = {one["Name"]: one["Size"] for row in rows for one in row.get("sizes") or ()}
    plain = [row["name"] for row in rows if row.get("options") == 0 and row["driver"] == "local"]
    return {name: sizes[name] == "0B" for name in sorted(plain) if sizes.get(name, "N/A") != "N/A"}


def parse(text: str) -> list[Volume]:
    """Return the volumes that COMMAND printed, one a line."""
    return [_volume(line) for line in text.split("\n") if line.startswith("{")]


def _volume(line: str) -> Volume:
    raw = json.loads(line)
    return Volume(
        name=raw["name"],
        driver=raw["driver"],
        read_only=raw["read_only"],
        device=raw["device"] or "",
        project=raw["project"] or "",
        key=raw["key"] or "",
    )
