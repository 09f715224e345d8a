"""The options that several commands of the command line have, worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gonogo.deploy.cli import completion
from gonogo.deploy.target import workspace
from gonogo.deploy.target.target import Target

_TARGET = "the name of a target, or the path of a target file"
Name = Annotated[str | None, typer.Argument(help=_TARGET, autocompletion=completion.targets)]
RequiredName = Annotated[str, typer.Argument(help=_TARGET, autocompletion=completion.targets)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print only the result")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object a line, see docs/json.md")]
Strict = Annotated[bool, typer.Option("--strict", help="treat warnings as errors")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask; needed without a terminal")]
Reports = Annotated[
    Path | None, typer.Option(help="where reports are published, else gonogo/reports beside the target file")
]
SkipBuild = Annotated[
    bool, typer.Option("--skip-build", help="build nothing: use images that are already built")
]
Version = Annotated[
    str | None,
    typer.Option(
        metavar="VERSION",
        help="the release's version; with --skip-build, the one whose images (NAME:VERSION) are used",
        autocompletion=completion.versions,
    ),
]


def published(target: Target, reports: Path | None) -> Path:
    """Return the folder of reports: the one that was given, else that of the target's repository."""
    return (reports or workspace.of_target(target.file).reports).absolute()
