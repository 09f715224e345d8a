"""What a collection is, its documents aside: whether form, options and indexes are as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gonogo.deploy.mongodb.fingerprint import canonical
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint
from gonogo.deploy.mongodb.fingerprint.difference import Difference, structural
from gonogo.deploy.mongodb.server.source import Namespace


@dataclass(frozen=True)
class Structure:
    """The form of a collection, its options and its indexes by name, as canonical JSON."""

    form: str
    options: str
    indexes: Mapping[str, str]


def of(found: CollectionPrint | Namespace) -> Structure:
    """Return the structure of a collection, as it was or as it is."""
    if isinstance(found, CollectionPrint):
        return Structure(found.form, found.options, found.indexes)
    indexes = {str(index["name"]): canonical.index(index) for index in found.indexes}
    return Structure(found.form, canonical.options(found.options), indexes)


def losses(name: str, kind: str, was: Structure, now: Structure) -> list[Difference]:
    """Return what was lost. What a release may adjust in place (``collMod``) and what is new is no loss."""
    if was.form != now.form:
        return [structural(name, kind, "options changed", f"it was a {was.form} and is a {now.form}")]
    differences = []
    if changed := canonical.changed_options(was.options, now.options):
        differences.append(
            structural(name, kind, "options changed", f"its options changed: {', '.join(changed)}")
        )
    kept = {canonical.bare(text) for text in now.indexes.values()}
    for index, text in was.indexes.items():
        if index in now.indexes:
            if canonical.changed_index(text, now.indexes[index]):
                differences.append(
                    structural(name, kind, "index changed", f"the index {index} is another one")
                )
        elif canonical.bare(text) not in kept:
            differences.append(structural(name, kind, "index dropped", f"the index {index} was dropped"))
    return differences


def differing(name: str, was: Structure, now: Structure) -> list[Difference]:
    """Return everything that is not the same."""
    if was.form != now.form:
        return [structural(name, "", "options changed", f"it was a {was.form} and is a {now.form}")]
    differences = []
    if not canonical.same_options(was.options, now.options):
        what = "its definition is another one" if was.form == "view" else "its options are others"
        differences.append(structural(name, "", "options changed", what))
    for index in sorted({*was.indexes, *now.indexes}):
        if index not in now.indexes:
            differences.append(structural(name, "", "index dropped", f"the index {index} is missing"))
        elif index not in was.indexes:
            differences.append(structural(name, "", "index added", f"the index {index} was not there before"))
        elif was.indexes[index] != now.indexes[index]:
            differences.append(structural(name, "", "index changed", f"the index {index} is another one"))
    return differences
