"""What a target file says of a release: what it is made of, and how it gets to the target."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gonogo.deploy.target.sections import values
from gonogo.deploy.target.sections.values import Section, Variable


class Environment(Section):
    """What must stand in the environment beyond what the compose files demand, and the example of it."""

    required: list[Variable] = Field(default_factory=list)
    may_be_blank: list[Variable] = Field(default_factory=list)
    placeholders: list[str] = Field(default_factory=list)
    example: Annotated[str, AfterValidator(values.example)] | None = None


class Git(Section):
    """From which branches this target may be deployed (empty: from any), and in which state."""

    branches: list[str] = Field(default_factory=list)
    clean: bool = True
    pushed: bool = False


class Images(Section):
    """What the images of a production release are built and run as, by service and by variable."""

    stages: dict[str, str] = Field(default_factory=dict)
    environment: dict[Variable, str] = Field(default_factory=dict)


class Registry(Section):
    """The registry that the stack's own images belong to, and the variables that hold a login for it."""

    host: Annotated[str, AfterValidator(values.registry)]
    plain_http: bool = False
    username_variable: Variable | None = None
    password_variable: Variable | None = None

    @model_validator(mode="after")
    def _whole_login(self) -> Registry:
        if (self.username_variable is None) != (self.password_variable is None):
            raise ValueError("holds half a login: give both username_variable and password_variable, or none")
        return self


class OnServer(Section):
    """The clone on the target that it builds its images from, and the remote that it fetches from."""

    checkout: Annotated[str, AfterValidator(values.folder)]
    remote: str = Field("origin", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")


class Releases(Section):
    """How many releases stay on the target to go back to, and which one-shots a way back runs again.

    ``trial_start``: whether the engine sets up each service that is started anew before one is stopped.
    """

    keep: int = Field(5, ge=2)
    run_again: list[str] = Field(default_factory=list)
    trial_start: bool = True


class Hooks(Section):
    """A team's own executables, run before and after steps: a folder relative to ``source``."""

    folder: Annotated[str, AfterValidator(values.local_folder)] | None = None
    timeout_s: float = Field(300, gt=0)
