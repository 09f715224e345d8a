"""Target files: found by name, read from TOML, every fault told in one sentence."""

from __future__ import annotations

import difflib
import re
import tomllib
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from gonogo.deploy.errors import UsageError
from gonogo.deploy.target import workspace
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.workspace import EXAMPLE, Workspace

SHOWN = 60
EXPECTED = {
    "too_short": "at least one entry",
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table of keys and values",
    "string_pattern_mismatch": "the id of a check, such as ports.free",
    "is_instance_of": "a usable path, in quotes",
    "model_type": "a table of keys and values",
    "date_type": "a date such as 2026-12-31, without quotes",
}
OURS = {"file"}
"""Fields of a Target that no target file holds."""


def find(name: str | None, among: Workspace | None = None) -> Target:
    """Return the target called ``name``, or at that path; without a name, the only one there is.

    It is looked for in the workspace of the working directory, unless ``among`` names another. Raises
    UsageError that lists what there is when the name fits none, or when the choice is not clear.
    """
    if name and (name.endswith(".toml") or "/" in name):
        return load(Path(name))
    place = among or workspace.here()
    known = place.files()
    if name in known:
        return load(known[name])
    if name == EXAMPLE.stem:
        return load(EXAMPLE)
    listed = f"there are {', '.join(known)}" if known else f"there is none in {place.targets} yet"
    if name:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else "`gonogo init` writes one"
        raise UsageError(f"no target is called {name!r}: {listed}; {hint}")
    if len(known) == 1:
        return load(*known.values())
    hint = "name one (with pytest: --target NAME)" if known else "`gonogo init` writes one"
    raise UsageError(f"which target? {listed}; {hint}")


def called(target: Target) -> str:
    """Return what ``find`` finds a target by: its name, or the path of a file that lies elsewhere."""
    return workspace.here().called(target.file)


def load(file: Path) -> Target:
    """Return the target that a file describes, its local paths made absolute.

    ``source`` and ``ssh.config_file`` are relative to the file's folder. Raises UsageError with one sentence
    for each fault.
    """
    try:
        file = file.expanduser().absolute()
    except RuntimeError as error:
        raise UsageError(f"{file} cannot be found: {error}") from None
    try:
        raw = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(f"{file} does not exist: give a target's name or the path of its file") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        # Not only TOMLDecodeError: an endless number is a ValueError, an endless array a RecursionError.
        raise UsageError(f"{file} is not TOML: {error}") from None
    return parse(raw, file)


def parse(raw: dict[str, Any], file: Path) -> Target:
    """Return the target for the content of ``file``; raises UsageError as ``load`` does."""
    stray = [f"{file}: {_unknown(Target, '', key)}" for key in OURS & set(raw)]
    given = {"name": workspace.named(raw, file), **raw, "file": file}
    try:
        given["source"] = _beside(file, given.get("source", "."))
        if isinstance(given.get("ssh"), dict) and "config_file" in given["ssh"]:
            given["ssh"] = {**given["ssh"], "config_file": _beside(file, given["ssh"]["config_file"])}
        target = Target.model_validate(given)
    except ValidationError as error:
        stray += [f"{file}: {_sentence(dict(fault))}" for fault in error.errors(include_url=False)]
        raise UsageError("\n".join(dict.fromkeys(stray))) from None
    if stray:
        raise UsageError("\n".join(stray))
    return target


def _beside(file: Path, value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return (file.parent / Path(value).expanduser()).resolve()
    except (ValueError, RuntimeError, OSError):
        # No such home, a loop of links, a NUL: text where a Path belongs is refused by the model.
        return value


def _sentence(fault: dict[str, Any]) -> str:
    place, kind = [part for part in fault["loc"] if part != "[key]"], fault["type"]
    key = _key(place)
    if kind == "extra_forbidden":
        return _unknown(_model_at(place[:-1]), _key(place[:-1]), str(place[-1]))
    if kind == "missing":
        return f"`{key}` is missing: add it (`gonogo targets --example` explains every key)"
    if kind == "value_error":
        message = str(fault["ctx"]["error"])
        # A value with a login in it must not be repeated, and host sentences name their value themselves.
        told = "login" in message or key == "host"
        if not key:
            return message
        return f"`{key}`: {message}" if told else f"`{key}` is {_shown(fault['input'])}: {message}"
    message = str(fault["msg"])
    expected = EXPECTED.get(kind) or message.removeprefix("Input should be ").removeprefix("a valid ")
    if kind == "string_too_short":
        least = fault["ctx"]["min_length"]
        expected = f"{least} letters or more" if least > 1 else "some text"
    return f"`{key}` is {_shown(fault['input'])}: expected {expected}"


def _unknown(model: type[BaseModel] | None, where: str, key: str) -> str:
    known = _keys(model) if model else []
    near = difflib.get_close_matches(key, known, 1, 0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"known there: {', '.join(known)}"
    return f"`{f'{where}.' if where else ''}{_bare(key)}` is not known; {hint}"


def _keys(model: type[BaseModel]) -> list[str]:
    return [f.alias or name for name, f in model.model_fields.items() if name not in OURS]


def _key(place: Sequence[str | int]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{_bare(part)}"
    return text


def _bare(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _shown(key)


def _model_at(place: Sequence[str | int]) -> type[BaseModel] | None:
    model: type[BaseModel] | None = Target
    for part in place:
        if isinstance(part, int) or model is None:
            continue
        fields = {f.alias or name: f for name, f in model.model_fields.items()}
        model = _inner(fields[part].annotation) if part in fields else None
    return model


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    for part in typing.get_args(annotation):
        if found := _inner(part):
            return found
    return None


def _shown(value: object) -> str:
    # A login in a URL is masked before anything is cut off, for half of it would still be half a secret.
    text = re.sub(r"//.*@", "//…@", repr(value))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
