"""Helpers of the tests of drafts: a flattened compose file in, the text or the loaded target out."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy.target.init import drafting
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import load


def text_of(stack: Path, flattened: str, **given) -> str:
    folder = stack.parent.parent
    arguments = {"host": "ssh://me@web", "path": "/srv/shop", "folder": folder, **given}
    return drafting.draft([stack], flattened=flattened, **arguments)


def draft(stack: Path, flattened: str, **given) -> Target:
    text = text_of(stack, flattened, **given)
    return load(drafting.write(text, stack.parent.parent / "drafted.toml"))


def service(body: str, name: str = "web") -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"services:\n  {name}:\n    image: nginx\n{lines}\n"
