"""What a target file says of reports: where each is sent when it was written on this machine."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gonogo.deploy.errors import UsageError
from gonogo.deploy.ssh import openssh
from gonogo.deploy.target.sections.values import Section

_ELSEWHERE = re.compile(r"([^/]+):(/.*)")


def place(value: str) -> str:
    """Return a place for reports as it is; raises ValueError for what is no absolute folder anywhere."""
    host, folder = split(value)
    path = PurePosixPath(folder)
    if not path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or not value.isprintable():
        raise ValueError(
            "expected an absolute folder of this machine, or host:/folder, the host as ssh knows it, "
            "not / itself and without .."
        )
    if host:
        try:
            openssh.parse(host)
        except UsageError as error:
            raise ValueError(str(error)) from None
    return value


def split(value: str) -> tuple[str, str]:
    """Return the host and the folder of a place; the host of a folder of this machine is empty."""
    match = _ELSEWHERE.fullmatch(value)
    return (match[1], match[2]) if match else ("", value)


class Publishing(Section):
    """Where reports go. ``keep``: how many stay on the target. ``all_targets``: with the list of all."""

    on_target: bool = False
    keep: int = Field(20, ge=1)
    to: Annotated[str, AfterValidator(place)] | None = None
    via: Literal["ssh", "rsync"] = "ssh"
    all_targets: bool = False
    command: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    timeout_s: float = Field(120, gt=0)
