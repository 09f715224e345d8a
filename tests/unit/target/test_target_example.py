"""The commented reference of target files: it loads, it is complete, and the defaults it states are true."""

from __future__ import annotations

import re
import tomllib
import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gonogo.deploy.target.sections.service import Health
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import OURS, load, parse
from gonogo.deploy.target.workspace import EXAMPLE as FILE

TEXT = FILE.read_text(encoding="utf-8")
WHOLE = re.sub(r"(?m)^#(?=[\[a-z])", "", TEXT)
"""The text with every key that is switched off switched on."""


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
    else:
        for part in typing.get_args(annotation):
            yield from models(part)


def keys(model: type[BaseModel], table: str = "") -> Iterator[tuple[str, str, FieldInfo]]:
    """Every key of the schema as (table, key, field)."""
    for name, field in model.model_fields.items():
        inner = list(models(field.annotation))
        if inner:
            yield from keys(inner[0], name)
        elif name not in OURS:
            yield table, field.alias or name, field


KEYS = list(keys(Target))


def section(table: str) -> str:
    """The part of the reference, switched on, that describes a table; of an array, its first entry."""
    parts = re.split(r"(?m)^\[+(?:\w+\.)?(\w+)\]+$", WHOLE)
    bodies = {"": parts[0], **dict(reversed(list(zip(parts[1::2], parts[2::2], strict=True))))}
    return bodies[table]


def test_it_loads_as_it_is():
    target = load(FILE)
    assert [health.url for health in target.health] == [
        "http://127.0.0.1:8001/api/health",
        "http://127.0.0.1:3000/",
    ]
    assert (target.source / target.compose_files[0]).is_file()
    assert target.backup is None
    assert not target.waivers


def test_it_loads_with_every_key_switched_on():
    raw = tomllib.loads(WHOLE)
    del raw["mongodb"]["uri_variable"]  # it is there instead of the service
    target = parse(raw, FILE)
    assert target.model_fields_set >= set(Target.model_fields)
    assert target.backup and target.waivers[0].check == "git.clean"


def wanted(key: str, field: FieldInfo) -> str:
    """How the stated default of a key that may be left out begins, or, quoted as in TOML, is."""
    if key == "name":
        return "the name of the file without .toml"
    if key == "source":
        return '"."'
    return "none; " if field.default is None else ""


def test_every_key_stands_in_its_table_once_and_is_explained():
    for table, key, _ in KEYS:
        assert len(re.findall(rf"(?m)^{key} = ", section(table))) == 1, f"{table}.{key}"
        lines = section(table).partition(f"\n{key} = ")[0].splitlines()
        assert lines[-1].startswith("# "), f"{table}.{key}"


def test_stated_defaults_are_the_defaults():
    for table, key, field in KEYS:
        before = section(table).partition(f"\n{key} = ")[0].rsplit("\n\n", 1)[-1]
        stated = re.findall(r"(?m)^# Default: (.*)$", before)[-1:]
        if field.is_required() and key not in ("name", "source"):
            assert not stated, f"{table}.{key}"
            continue
        (told,) = stated
        if begin := wanted(key, field):
            assert told.startswith(begin), f"{table}.{key}"
        else:
            default = field.get_default(call_default_factory=True)
            assert tomllib.loads(f"x = {told}")["x"] == default, f"{table}.{key}"


def test_a_key_that_is_switched_off_shows_its_default():
    off = [
        (table, key, field.get_default(call_default_factory=True))
        for table, key, field in KEYS
        if f"\n#{key} = " in TEXT
        and f"\n{key} = " not in TEXT  # a key of that name is in another table
        and not field.is_required()
        and field.default is not None
    ]
    assert len(off) > 5
    for table, key, default in off:
        assert tomllib.loads(section(table))[key] == default, f"{table}.{key}"


def test_the_keys_are_those_of_the_models():
    assert ("", "compose_files") in [key[:2] for key in KEYS]
    assert {key for table, key, _ in KEYS if table == "health"} == {
        field.alias or name for name, field in Health.model_fields.items()
    }
    assert len(KEYS) > 35
