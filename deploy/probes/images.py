"""Which images the target has, by name and by id."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable

from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.probes.engine import refusal

FORM = '{"id":{{json .Id}},"platform":"{{.Os}}/{{.Architecture}}"}'


def images(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """Return the id of each image that the target has, by the name it was asked for.

    Raises GonogoError when docker refuses; an image that is missing is left out.
    """
    asked = sorted(set(names))
    if not asked:
        return {}
    one = f"docker image inspect --format '{FORM}' -- \"$name\" || echo none"
    loop = f"for name in {shlex.join(asked)}; do {one}; done"
    result = connection.run(f"docker version >/dev/null || exit 1; {{ {loop}; }} 2>/dev/null")
    if not result.ok:
        raise GonogoError(refusal(connection.host, result))
    return parse(asked, result.text)


def parse(asked: list[str], text: str) -> dict[str, str]:
    """Return name to id for the answers to ``asked``, which come in its order, ``none`` for a missing one."""
    answers = [line for line in text.splitlines() if line.strip()]
    found = zip(asked, answers, strict=True)
    return {name: json.loads(answer)["id"] for name, answer in found if answer != "none"}


def pullable(connection: Connection, name: str, timeout: float = 20) -> bool:
    """Return whether a registry would give the target this image: its manifest is asked for, no more."""
    result = connection.run(f"docker manifest inspect -- {shlex.quote(name)} >/dev/null", timeout=timeout)
    return result.ok
