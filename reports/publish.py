"""The publisher: a release's folder of files, and the pages that list the releases."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_origin

from pydantic import BaseModel

from gonogo.reports.entries import KEPT, PAGE, RECORD, dumped, gather
from gonogo.reports.index import history, overview
from gonogo.reports.junit import junit
from gonogo.reports.model import Release
from gonogo.reports.page import render
from gonogo.reports.scan import ReportRefused, scan

JUNIT = "junit.xml"
_OWNER_ONLY = 0o600
_NO_FILES: Mapping[str, Path] = MappingProxyType({})


def publish(
    release: Release,
    folder: Path,
    *,
    extra_files: Mapping[str, Path] = _NO_FILES,
    redact: Callable[[str], str] = str,
) -> Path:
    """Write the report of a release into ``folder/<target>/<version>`` and return the path of its page.

    Beside the page lie the record (``release.json``), JUnit XML (``junit.xml``) and the extra files (name to
    source, text), and the lists of the target's releases and of all targets are written anew. All goes
    through ``redact`` before it touches the disk. A version published again replaces what was there, in one
    rename.
    Raises ReportRefused, with nothing changed, when a name is not a plain one, an extra file cannot be read,
    or a text does not pass the secret scan.
    """
    _check_names(release, extra_files, redact)
    shown = _redacted(release, redact)
    linked = set(shown.links.values())
    shown.links |= {Path(name).stem: name for name in extra_files if name not in linked}
    files = {PAGE: render(shown), RECORD: shown.model_dump_json(indent=1), JUNIT: junit(shown)}
    files |= {name: _read(source) for name, source in extra_files.items()}
    clean = _clean(files, redact)
    place = folder / release.target / release.version
    for made in (folder, place.parent):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(place, clean)
    _write_lists(folder, release.target, redact)
    return place / PAGE


def _check_names(release: Release, extra_files: Mapping[str, Path], redact: Callable[[str], str]) -> None:
    for kind, name in (("target", release.target), ("version", release.version)):
        _check_name(kind, name, redact, taken=(PAGE,))
    for name in extra_files:
        _check_name("extra file", name, redact, taken=(PAGE, RECORD, JUNIT))


def _check_name(kind: str, name: str, redact: Callable[[str], str], taken: tuple[str, ...]) -> None:
    if redact(name) != name:
        raise ReportRefused(f"the name of the {kind} holds a secret: name it otherwise and publish again")
    plain = name.isprintable() and name.strip() == name and not set(name) & set("/\\:")
    if not name or not plain or name.startswith(".") or name in taken:
        raise ReportRefused(
            f"{kind} {name!r} cannot name a part of the report's path: "
            f"expected a plain name without a slash or a leading dot, and not {' or '.join(taken)}"
        )


def _redacted(release: Release, redact: Callable[[str], str]) -> Release:
    return Release.model_validate(_redacted_fields(release, redact))


def _redacted_fields(record: BaseModel, redact: Callable[[str], str]) -> dict[str, Any]:
    """Return a record's fields with every free text redacted; verdicts and statuses are words of ours."""
    return {
        name: getattr(record, name)
        if get_origin(field.annotation) is Literal
        else _redacted_value(getattr(record, name), redact)
        for name, field in type(record).model_fields.items()
    }


def _redacted_value(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, BaseModel):
        return _redacted_fields(value, redact)
    if isinstance(value, list):
        return [_redacted_value(item, redact) for item in value]
    if isinstance(value, dict):
        return {redact(key): _redacted_value(item, redact) for key, item in value.items()}
    return value


def _read(source: Path) -> str:
    try:
        return source.read_text("utf-8", errors="replace")
    except OSError as error:
        raise ReportRefused(
            f"{source} was to be part of the report but cannot be read: {error.strerror or error}"
        ) from None


def _clean(files: Mapping[str, str], redact: Callable[[str], str]) -> dict[str, str]:
    clean = {name: redact(text) for name, text in files.items()}
    scan(clean, redact)
    return clean


def _replace(place: Path, files: Mapping[str, str]) -> None:
    """Put a folder with these files in the place of the one there; a reader sees the old or the new one."""
    part, old = _sibling(place), _sibling(place)
    part.mkdir(mode=0o700)
    try:
        for name, text in files.items():
            _write(part / name, text)
        if place.exists():
            place.rename(old)
        try:
            part.rename(place)
        except OSError:
            if old.exists():
                old.rename(place)
            raise
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)


def _sibling(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8", errors="replace"))


def _write_over(path: Path, text: str) -> None:
    part = _sibling(path)
    try:
        _write(part, text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_lists(folder: Path, target: str, redact: Callable[[str], str]) -> None:
    entries = gather(folder)
    texts = {
        f"{target}/{PAGE}": history(target, [entry for entry in entries if entry.target == target]),
        PAGE: overview(entries),
        KEPT: dumped(entries),
    }
    for name, text in _clean(texts, redact).items():
        _write_over(folder / name, text)
