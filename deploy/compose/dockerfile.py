"""What a Dockerfile says of the image that it builds: its stage, its variables and its command.

It follows Docker's reference of the format as far as that needs: continued lines, here-documents, stages,
ARG, ENV, HEALTHCHECK, CMD and ENTRYPOINT in both forms. What a base image brings along is not known here.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gonogo.deploy.compose import healthcheck
from gonogo.deploy.compose.healthcheck import Healthcheck
from gonogo.deploy.redaction.secret_values import command_values, secret_values

_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?[\"']?(\w+)")
_OPTION = re.compile(r"--([a-z-]+)=(\S+)(?=.*\b(?:CMD|NONE)\b)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})")


@dataclass
class Stage:
    """A stage as it is at its end; ``name`` is empty where it has none, and is in lower case.

    ``own_command``: whether its command is its own, not that of the stage that it begins with.
    """

    name: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    command: str = ""
    entrypoint: str = ""
    own_command: bool = False
    healthcheck: Healthcheck | None = None

    @property
    def words(self) -> str:
        """What a container is started with."""
        return f"{self.entrypoint} {self.command}".strip()


def stages(text: str, arguments: Mapping[str, str]) -> list[Stage]:
    """Return the stages of a Dockerfile in order; ``arguments`` are the build's, for ``$NAME`` in ENV."""
    found: list[Stage] = []
    known: dict[str, str] = {}
    for instruction, rest in _instructions(text):
        if instruction == "FROM" and (match := _FROM.match(rest)):
            base = _stage(found, _filled(match[1], known)) or Stage()
            name = (match[2] or "").lower()
            found.append(
                Stage(name, dict(base.variables), base.command, base.entrypoint, healthcheck=base.healthcheck)
            )
        elif instruction == "ARG":
            name, _, default = rest.partition("=")
            known[name.strip()] = arguments.get(name.strip(), _filled(default.strip("\"' "), known))
        elif found:
            _apply(found[-1], instruction, rest, known)
    return found


def secrets_in(text: str) -> list[str]:
    """Return what redaction has to know of a Dockerfile: what its values and commands hide."""
    found: list[str] = []
    for instruction, rest in _instructions(text):
        if instruction in {"ARG", "ENV", "LABEL"}:
            found += secret_values(dict(_pairs(rest)))
        elif instruction in {"CMD", "ENTRYPOINT", "HEALTHCHECK", "RUN"}:
            found += command_values([_command(rest)])
    return found


def built(found: list[Stage], target: str = "") -> Stage | None:
    """Return the stage that a build makes, the last one unless ``target`` names one; None if it has none."""
    if target:
        return _stage(found, target)
    return found[-1] if found else None


def _stage(found: list[Stage], name: str) -> Stage | None:
    if name.isdecimal() and int(name) < len(found):
        return found[int(name)]
    return next((stage for stage in reversed(found) if stage.name and stage.name == name.lower()), None)


def _apply(stage: Stage, instruction: str, rest: str, known: Mapping[str, str]) -> None:
    if instruction == "ENV":
        for name, value in _pairs(rest):
            stage.variables[name] = _filled(value, {**known, **stage.variables})
    elif instruction == "CMD":
        stage.command, stage.own_command = _command(rest), True
    elif instruction == "HEALTHCHECK":
        options = {key.replace("-", "_"): value for key, value in _OPTION.findall(rest)}
        none = re.search(r"(?:^|\s)NONE$", rest, re.IGNORECASE)
        stage.healthcheck = healthcheck.of_compose({**options, "test": "NONE" if none else "CMD"})
    elif instruction == "ENTRYPOINT":
        # The reference, "ENTRYPOINT": it resets a command that comes from the base.
        stage.entrypoint, stage.command = _command(rest), stage.command if stage.own_command else ""


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = iter(text.splitlines())
    for line in lines:
        whole = line.strip()
        if not whole or whole.startswith("#"):
            continue
        while whole.endswith("\\"):
            more = next(lines, "").strip()
            whole = whole if more.startswith("#") else f"{whole[:-1]} {more}"
        instruction, _, rest = whole.partition(" ")
        if instruction.upper() in ("RUN", "COPY", "ADD"):
            for end in _HEREDOC.findall(rest):
                for inside in lines:
                    if inside.strip() == end:
                        break
        yield instruction.upper(), rest.strip()


def _pairs(rest: str) -> list[tuple[str, str]]:
    if not re.match(r"[\w.-]+=", rest):
        name, _, value = rest.partition(" ")
        return [(name, value.strip())]
    try:
        words = shlex.split(rest)
    except ValueError:
        return []  # the build will say so itself
    return [(name, value) for name, equals, value in (word.partition("=") for word in words) if equals]


def _command(rest: str) -> str:
    try:
        return " ".join(str(word) for word in json.loads(rest)) if rest.startswith("[") else rest
    except ValueError:
        return rest


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: known.get(match[1] or match[2], match[3] or ""), text)
