"""A compose file as it may be shown or kept: what may be secret is hidden, and comments are gone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import yaml

from gonogo.deploy.redaction.places import Text, secrets_within, text

_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
NOT_YAML = "# this file is no YAML: nothing of it is shown\n"


def as_shown(written: str, hide: Callable[[str], str]) -> str:
    """Return a compose file with ``hide`` of each part that may not be shown, else as it is written."""
    try:
        root = yaml.compose(written, yaml.SafeLoader)
        tokens = list(yaml.scan(written, yaml.SafeLoader)) if "#" in written else []
    except (yaml.YAMLError, RecursionError, ValueError):
        return NOT_YAML
    edits = {node.start_mark.index: (node, one) for node, one in _texts(root, (), set()) if one.spans}
    changes = [(*_place(node, written), _written(node, one.shown(hide))) for node, one in edits.values()]
    changes += _comments(written, tokens)
    for start, end, new in sorted(changes, reverse=True):
        written = f"{written[:start]}{new}{written[end:]}"
    return written


def secrets_in(written: str) -> list[str]:
    """Return what redaction has to know of a compose file as it is written; nothing where it is no YAML."""
    try:
        return secrets_within(yaml.load(written, yaml.BaseLoader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return []


def _texts(
    node: yaml.Node | None, path: tuple[str, ...], seen: set[int]
) -> Iterator[tuple[yaml.ScalarNode, Text]]:
    """Yield each scalar with what is known of it; one that an anchor repeats, once."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _texts(value, (*path, str(key.value)), seen)
    elif isinstance(node, yaml.SequenceNode):
        words = [str(one.value) if isinstance(one, yaml.ScalarNode) else "" for one in node.value]
        for at, one in enumerate(node.value):
            if isinstance(one, yaml.ScalarNode):
                yield one, text(path, one.value, words, at)
            else:
                yield from _texts(one, path, seen)
    elif isinstance(node, yaml.ScalarNode):
        yield node, text(path, node.value)


def _place(node: yaml.ScalarNode, written: str) -> tuple[int, int]:
    """Return where a scalar stands, without the line ends behind a block."""
    start, end = node.start_mark.index, node.end_mark.index
    return start, start + len(written[start:end].rstrip("\n"))


def _written(node: yaml.ScalarNode, shown: str) -> str:
    """Return a scalar as YAML, in the quotes that it has."""
    if node.style == "'":
        return "'{}'".format(shown.replace("'", "''"))
    if node.style is None and "\n" not in shown:
        return shown
    return json.dumps(shown, ensure_ascii=False)


def _comments(written: str, tokens: list[yaml.Token]) -> Iterator[tuple[int, int, str]]:
    """Yield where a comment stands between tokens: what somebody wrote there may be anything."""
    ends = [0, *(one.end_mark.index for one in tokens)]
    starts = [*(one.start_mark.index for one in tokens), len(written)]
    for end, start in zip(ends, starts, strict=True):
        for found in _COMMENT.finditer(written, end, max(end, start)):
            yield found.start(), found.end(), ""
