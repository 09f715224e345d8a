"""Drafting a target file from compose files: what can be derived is, and each value tells its origin."""

from __future__ import annotations

import os
import re
import textwrap
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gonogo.deploy.compose import unresolved
from gonogo.deploy.compose.command_line import flatten
from gonogo.deploy.compose.unfilled import uses
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.target import target_file
from gonogo.deploy.target.init import suggestions
from gonogo.deploy.target.sections.data import Mongodb
from gonogo.deploy.target.sections.service import Health

SHOWN = 8
WIDTH = 108


def write(text: str, file: Path) -> Path:
    """Write a target file and return its path; raises UsageError rather than replace one."""
    if os.path.lexists(file.parent) and not file.parent.is_dir():
        raise UsageError(f"{file.parent} is no folder, and target files belong into one: move it away")
    if file.exists():
        raise UsageError(f"{file} exists already: edit it, remove it, or choose another name")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return file


def draft(  # noqa: PLR0913 - what a user may give, each by its name
    compose_files: Sequence[Path],
    *,
    host: str,
    path: str,
    name: str | None = None,
    project: str | None = None,
    env_file: str | None = None,
    folder: Path,
    flattened: str | None = None,
) -> str:
    """Return the text of a target file that is to lie in ``folder``, and which certainly loads there.

    The folder of the first compose file is the source, as it is Compose's project folder. ``flattened`` is
    the compose files' merged text, where it is at hand; else Compose is asked, and no variable need be set.
    Raises UsageError for files that are missing or wrong, and for a value that no target file can hold.
    """
    source, files = _files(compose_files)
    named = ", ".join(str(file) for file in compose_files)
    raw = unresolved.read(_flat(source, files) if flattened is None else flattened, named)
    drafted = ", ".join(str(file) for file in files)  # the whole path is nobody else's, and this is for git
    project, whence = (project, "as given") if project else _project(raw, source)
    lines = [
        *_comment(f"A target of gonogo, drafted by `gonogo init` from {drafted}. Read it and correct it."),
        "# `gonogo targets --example` explains every key. No secret belongs in this file.",
        *_key("name", name or _normal(project)[:63], "As given." if name else "From the project's name."),
        *_key("host", host, "As given."),
        *_key("path", path, "As given: the stack's folder on the target."),
        *_key("source", _relative(source, folder), "The folder of the first compose file."),
        *_key("compose_files", [str(file) for file in files], "The compose files, relative to `source`."),
        *_key("project", project, f"{whence[0].upper()}{whence[1:]}; the one that runs there, if any does."),
        *_env(raw, env_file),
        *_profiles(raw),
        *_health(raw),
        *_mongodb(raw),
    ]
    text = "\n".join(lines) + "\n"
    target_file.parse(tomllib.loads(text), folder / f"{name or project}.toml")
    return text


def _files(compose_files: Sequence[Path]) -> tuple[Path, list[Path]]:
    if not compose_files:
        raise UsageError("no compose file is named: name one, or more in the order of merging")
    for file in compose_files:
        if not file.is_file():
            raise UsageError(f"the compose file {file} does not exist or is no file: name one that does")
    # Symbolic links stay: the name of the folder as the user knows it is where the project's name comes from.
    full = [Path(os.path.normpath(file.absolute())) for file in compose_files]
    source = full[0].parent
    return source, [Path(os.path.relpath(file, source)) for file in full]


def _flat(source: Path, files: Sequence[Path]) -> str:
    try:
        return flatten(source, files).text
    except GonogoError as error:
        raise UsageError(f"{error}; correct it, or name other compose files") from None


def _project(raw: dict[str, Any], source: Path) -> tuple[str, str]:
    literal = str(raw.get("name") or "")
    if literal and "$" not in literal:
        return literal, "from `name` in the compose file"
    if not (normal := _normal(source.name)):
        raise UsageError(
            f"no project name can be made of the folder's name {source.name!r}: name the project"
        )
    return normal, f"from the folder {source.name}" + (
        ", for `name` there holds a variable" if literal else ""
    )


def _normal(name: str) -> str:
    # Compose's rule: lower case, other characters dropped, the first a letter or digit.
    return re.sub(r"[^a-z0-9_-]", "", name.lower()).lstrip("_-")


def _relative(source: Path, folder: Path) -> str:
    there, here = source.resolve(), folder.resolve()
    # Folders that share nothing but the root are not moved together: a path between them would only break.
    apart = len(Path(os.path.commonpath([there, here])).parts) < 2
    relative = os.path.relpath(there, here)
    return str(there) if apart or relative.startswith("~") else relative


def _env(raw: dict[str, Any], given: str | None) -> list[str]:
    if given:
        return _key("env_file", given, "As given: the env file on the target, relative to `path`.")
    used = unresolved.variables(raw)
    files = [file for service in unresolved.services(raw).values() for file in unresolved.env_files(service)]
    needed = {name for name, how, _ in uses(raw) if how not in ("-", ":-", "+", ":+")} & set(used)
    if needed:
        why = f"The compose files use {_some([name for name in used if name in needed])}"
    elif any(os.path.normpath(file) == ".env" for file in files):
        why = "A service reads it"
    else:
        why = f"defaults for {_some(used)}" if used else "no variables"
        return ["", *_comment(f"No env file: the compose files have {why}."), '#env_file = ".env"']
    return _key(
        "env_file", ".env", f"{why}. On the target, relative to `path`; remove the line if none is there."
    )


def _profiles(raw: dict[str, Any]) -> list[str]:
    found = unresolved.profiles(raw)
    if not found:
        return []
    listed = (f"{profile} ({', '.join(names)})" for profile, names in found.items())
    return _key("profiles", [], f"None is enabled. There are: {'; '.join(listed)}.")


def _health(raw: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    seen: set[str] = set()
    database = suggestions.database(raw)
    for name, service in unresolved.services(raw).items():
        # What is not enabled does not answer, and a database is not asked over HTTP.
        if service.get("profiles") or (database and database.service == name):
            continue
        url = suggestions.health_url(service)
        if url and url not in seen and _fits(url):
            seen.add(url)
            lines += [
                "",
                f"# From the healthcheck of {_plain(name)} and the port that it publishes.",
                "[[health]]",
            ]
            lines.append(f"url = {_toml(url)}")
        elif not url and (url := suggestions.suggested_url(service)) and _fits(url):
            lines += [
                "",
                f"# {_plain(name)} publishes a port; if it answers HTTP, remove the # and set the path.",
            ]
            lines += ["#[[health]]", f"#url = {_toml(url)}"]
    return lines or [
        "",
        "# No [[health]]: no service publishes a port with a known number that may speak HTTP.",
    ]


def _fits(url: str) -> bool:
    try:
        return bool(Health(url=url))
    except ValidationError:
        return False


def _mongodb(raw: dict[str, Any]) -> list[str]:
    database = suggestions.database(raw)
    if not database:
        return []
    of = f"the service's image, {_plain(database.image)}" if database.image else "the service's name"
    lines = ["", f"# From {of}.", "[mongodb]", f"service = {_toml(database.service)}"]
    whence = (
        "# From the service's environment." if database.database else "# Not found in the file: correct it."
    )
    lines += [whence, f"database = {_toml(database.database or 'app')}"]
    for key in ("username_variable", "password_variable"):
        value = getattr(database, key)
        if value and value != Mongodb.model_fields[key].default:
            lines.append(f"{key} = {_toml(value)}")
    return lines


def _key(key: str, value: str | list[str], comment: str) -> list[str]:
    return ["", *_comment(comment), f"{key} = {_toml(value)}"]


def _comment(text: str) -> list[str]:
    return [
        f"# {line}"
        for line in textwrap.wrap(_plain(text), WIDTH, break_long_words=False, break_on_hyphens=False)
    ]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _toml(value: str | Iterable[str]) -> str:
    if not isinstance(value, str):
        return f"[{', '.join(map(_toml, value))}]"
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise UsageError(f"{value!r} is not UTF-8, which a target file must be: rename it")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04x}", escaped) + '"'
