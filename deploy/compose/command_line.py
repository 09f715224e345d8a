"""Docker Compose on both sides: the flattened file of the controller, the command line of the target."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from gonogo.deploy.compose import as_written, included
from gonogo.deploy.errors import GonogoError

KEPT = (
    "PATH",
    "HOME",
    "USER",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "XDG_RUNTIME_DIR",
)
"""Variables that Compose may see, here and on the target. A shell variable beats ``--env-file`` (Compose's
documented precedence), so any other one could change what is deployed (incidents D1 and L8)."""

LEAST = "2.35"
"""Of Compose on this machine: since then its `config` knows ``--no-env-resolution`` (its release notes)."""
TOO_OLD = re.compile(r"unknown (shorthand )?flag|is not a docker command")
AS_WRITTEN = tuple(
    f"--no-{what}"
    for what in ("interpolate", "path-resolution", "env-resolution", "normalize", "consistency")
)
"""The options of ``config`` with which variables and paths stay as they are in the files."""
PROJECT = "COMPOSE_PROJECT_NAME"

WARNING = re.compile(r'level=warning msg="(?P<words>(?:[^"\\]|\\.)*)"')
UNSET = re.compile(r'The \\?"(?P<name>[^"\\]+)\\?" variable is not set')


@dataclass(frozen=True)
class Variable:
    """A variable that a compose file uses; ``required`` where it stands as ``${NAME:?…}``."""

    name: str
    required: bool
    default: str


class Deployed(Protocol):
    """What a Compose command line needs to know of a target."""

    @property
    def path(self) -> PurePosixPath: ...
    @property
    def env_path(self) -> PurePosixPath | None: ...
    @property
    def project(self) -> str: ...
    @property
    def profiles(self) -> list[str]: ...


@dataclass(frozen=True)
class Flat:
    """Compose files made one, as YAML, and what Compose warned of in them, such as keys that are obsolete.

    ``files``: what they are made of.
    """

    text: str
    warnings: tuple[str, ...] = ()
    files: tuple[included.File, ...] = ()

    @property
    def env_files(self) -> list[Path]:
        """The env files whose values are in it: those that ``include`` names or finds beside its file."""
        return list(dict.fromkeys(file for one in self.files for file in one.env_files))

    @property
    def spread(self) -> bool:
        """Whether something in it comes from another folder, by ``include`` or ``extends``."""
        return any(one.folder not in ("", ".") for one in self.files)

    def placed(self, values: Mapping[str, str]) -> str:
        """Return the text for an environment that has ``values``: they decide where included paths lead."""
        return as_written.placed(self.text, self.files, values)


def flatten(source: Path, files: Sequence[Path]) -> Flat:
    """Return one Compose file for ``files`` (relative to ``source``), merged but not interpolated.

    ``include``, ``extends`` and several files become one; variables and relative paths stay as they
    are written, to be resolved on the target, where they give the model that the files would give there.
    Raises GonogoError with Compose's own words.
    """
    for file in files:
        if not (source / file).is_file():
            raise GonogoError(
                f"the compose file {source / file} does not exist: fix compose_files in the target file"
            )
    names = ", ".join(map(str, files))
    # Compose looks for the env file of an include within an include from where it runs.
    done = local(as_one(source, files), f"{names} in {source}", folder=source)
    said = warnings(done.stderr.decode("utf-8", "replace"))
    found = included.read(source, files)
    text = as_written.restored(done.stdout.decode("utf-8", "replace"), found)
    return Flat(text, tuple(w.replace(f"{source}/", "") for w in said), tuple(found))


def as_one(source: Path, files: Sequence[Path]) -> list[str]:
    """Return the command that makes one of compose files; an env file of this machine has no say in it."""
    named = [part for file in files for part in ("-f", str(source / file))]
    place = ["--project-directory", str(source), "--env-file", os.devnull, "--profile", "*"]
    return ["docker", "compose", *named, *place, "config", *AS_WRITTEN]


def variables(flat: str) -> list[Variable]:
    """Return the variables that a flattened file uses, by name; raises GonogoError with Compose's words."""
    argv = ["docker", "compose", "-f", "-", "--profile", "*", "config", "--variables", "--format", "json"]
    listed = json.loads(local(argv, "the compose files", flat.encode()).stdout or b"{}") or {}
    given = [Variable(v["Name"], v["Required"], v["DefaultValue"]) for v in listed.values()]
    return sorted(given, key=lambda variable: variable.name)


def local(
    argv: list[str], about: str, stdin: bytes = b"", folder: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Return what a Docker command of this machine gave, in a clean environment.

    ``about``: what it is asked of, for the GonogoError that tells its words when it fails. ``folder``: where
    it runs.
    """
    clean = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        done = subprocess.run(
            argv, capture_output=True, input=stdin, timeout=60, check=False, env=clean, cwd=folder
        )
    except FileNotFoundError:
        raise GonogoError(
            "docker was not found on this machine: install it with its Compose v2 plugin"
        ) from None
    except OSError as error:
        raise GonogoError(f"docker cannot be run on this machine: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise GonogoError(f"{about}: docker compose did not end within 60 s on this machine") from None
    if done.returncode != 0:
        said = complaint(done.stderr.decode("utf-8", "replace"))
        if TOO_OLD.search(said):
            said = f"install Docker's Compose plugin, version {LEAST} or later, on this machine ({said})"
        raise GonogoError(f"{about}: {said}")
    return done


def command(
    target: Deployed, *arguments: str, files: Sequence[str] = ("-",), profiles: Sequence[str] | None = None
) -> str:
    """Return the shell line that runs ``docker compose ARGUMENTS`` for the target, on the target.

    ``files`` are Compose files there, ``-`` being standard input. The environment is a clean one.
    """
    clean = " ".join(f'${{{name}+{name}="${name}"}}' for name in KEPT)
    words = ["docker", "compose"]
    for file in files:
        words += ["-f", file]
    words += ["--project-directory", str(target.path), "-p", target.project]
    if target.env_path:
        words += ["--env-file", str(target.env_path)]
    for profile in target.profiles if profiles is None else profiles:
        words += ["--profile", profile]
    return f"env -i {clean} {shlex.join([*words, *arguments])}"


def unset_variables(stderr: str) -> list[str]:
    """Return the names that Compose warned about as not set, each once, in order."""
    return list(dict.fromkeys(match["name"] for match in UNSET.finditer(stderr)))


def warnings(stderr: str) -> list[str]:
    """Return what Compose warned of, unset variables aside, each once, in order."""
    said = (match["words"].replace('\\"', '"') for match in WARNING.finditer(stderr))
    return list(dict.fromkeys(words for words in said if "variable is not set" not in words))


def complaint(stderr: str) -> str:
    """Return Compose's error as one line: what remains of ``stderr`` without its warnings."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and "level=warning" not in line]
    return "; ".join(lines) or "docker compose failed without a word"
