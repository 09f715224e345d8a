"""The target: one deployment of one stack on one host, as its target file describes it."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from gonogo.deploy.errors import UsageError
from gonogo.deploy.ssh import openssh
from gonogo.deploy.target.sections import values
from gonogo.deploy.target.sections.conditions import Dns, Ssh, Thresholds, Tls, Waiver, Window
from gonogo.deploy.target.sections.data import Backup, Data, Mongodb
from gonogo.deploy.target.sections.delivery import (
    Environment,
    Git,
    Hooks,
    Images,
    OnServer,
    Registry,
    Releases,
)
from gonogo.deploy.target.sections.publishing import Publishing
from gonogo.deploy.target.sections.service import Availability, Health, Logs, Smoke
from gonogo.deploy.target.sections.values import Section


class Target(Section):
    """One deployment of one stack on one host. ``file`` is the target file that it was read from."""

    file: Path
    name: Annotated[str, AfterValidator(values.name)]
    host: str
    path: PurePosixPath
    source: Path
    compose_files: list[Annotated[str, AfterValidator(values.local_file)]] = Field(min_length=1)
    profiles: list[str] = Field(default_factory=list)
    env_file: Annotated[str, AfterValidator(values.env_file)] | None = None
    project: Annotated[str, AfterValidator(values.project)]
    method: Literal["tar", "registry", "on-server"] = "tar"
    health: list[Health] = Field(default_factory=list)
    mongodb: Mongodb | None = None
    environment: Environment = Field(default_factory=Environment)
    backup: Backup | None = None
    data: Data = Field(default_factory=Data)
    releases: Releases = Field(default_factory=Releases)
    availability: Availability = Field(default_factory=Availability)
    logs: Logs = Field(default_factory=Logs)
    smoke: Smoke = Field(default_factory=Smoke)
    hooks: Hooks = Field(default_factory=Hooks)
    publishing: Publishing = Field(default_factory=Publishing)
    git: Git = Field(default_factory=Git)
    images: Images = Field(default_factory=Images)
    registry: Registry | None = None
    on_server: OnServer | None = None
    tls: Tls = Field(default_factory=Tls)
    dns: Dns | None = None
    window: Window | None = None
    ssh: Ssh = Field(default_factory=Ssh)
    thresholds: Thresholds = Field(default_factory=Thresholds)
    waivers: list[Waiver] = Field(default_factory=list)

    @field_validator("host")
    @classmethod
    def _known_host(cls, value: str) -> str:
        if re.search(r":.*@", value.removeprefix("ssh://"), re.DOTALL):
            raise ValueError("host holds a password, which ssh does not take there: remove it and use a key")
        if value != "local":
            try:
                openssh.parse(value)
            except UsageError as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("path", mode="before")
    @classmethod
    def _posix(cls, value: object) -> object:
        return PurePosixPath(values.folder(value)) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _once(self) -> Target:
        names = [waiver.check for waiver in self.waivers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"waivers name {', '.join(twice)} more than once: keep one of them")
        return self

    @model_validator(mode="after")
    def _way(self) -> Target:
        if self.method == "registry" and self.registry is None:
            raise ValueError("`method` is registry, and there is no table [registry] that names one")
        if self.method == "on-server" and self.on_server is None:
            raise ValueError("`method` is on-server, and there is no table [on_server] that names a clone")
        return self

    @property
    def env_path(self) -> PurePosixPath | None:
        """The env file on the target; where it is None, Compose takes ``.env`` if there is one."""
        return PurePosixPath(posixpath.normpath(self.path / self.env_file)) if self.env_file else None

    @property
    def words(self) -> list[str]:
        """Names and paths of the target file, none of which is a secret."""
        data = [self.mongodb.service, self.mongodb.database] if self.mongodb else []
        places = [self.path, self.source, self.deploy_path, self.backup_path, *self.compose_files]
        return [self.name, self.project, self.host, *data, *map(str, places), self.env_file or ""]

    @property
    def smoke_files(self) -> list[Path]:
        """The smoke tests' files on this machine, whether they are there or not."""
        return [(self.source / file).resolve() for file in self.smoke.files]

    @property
    def backup_path(self) -> PurePosixPath:
        """The folder on the target in which backups lie."""
        return PurePosixPath(self.backup.folder) if self.backup else self.deploy_path / "backups"

    @property
    def keeps_backups_apart(self) -> bool:
        """Whether backups lie elsewhere than in gonogo's own folder."""
        return self.mongodb is not None and not self.backup_path.is_relative_to(self.deploy_path)

    @property
    def keeps_data(self) -> bool:
        """Whether each deployment backs a database up, and proves the backup, before it changes anything."""
        return self.mongodb is not None and (self.backup is None or self.backup.each_deployment)

    @property
    def deploy_path(self) -> PurePosixPath:
        """The folder on the target in which all that gonogo writes there lies."""
        return self.path / ".deploy"
