"""What a target file says of data: its MongoDB, samples of it, and its backups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from gonogo.deploy.target import extended_json
from gonogo.deploy.target.sections import values
from gonogo.deploy.target.sections.values import Kind, Section, Variable


def _query(value: dict[str, Any]) -> dict[str, Any]:
    extended_json.read(value)
    return value


class Sample(Section):
    """Known data. ``filter``: a query of MongoDB's, with extended JSON where TOML has no such value.

    ``count``: so many documents it finds at least. ``expect``: what each of them has, by dotted field.
    """

    collection: str = Field(min_length=1)
    filter: Annotated[dict[str, Any], AfterValidator(_query)]
    expect: Annotated[dict[str, Any], AfterValidator(_query)] = Field(default_factory=dict)
    count: int = Field(1, ge=1)


class Mongodb(Section):
    """The MongoDB: a service of the stack or where a connection string leads, and what its data promises.

    ``service`` is empty where ``uri_variable`` is set, and the other way round. ``tls_ca_file`` and
    ``tls_client_file`` are paths on the target. ``changed_at_most``: the share of the documents of a mutable
    collection whose contents may change during a release, from 0 to 1, written as "5%"; None for all of them.
    """

    service: str = Field("", min_length=1)
    uri_variable: Variable | None = None
    database: str = Field(min_length=1)
    username_variable: Variable = "MONGO_INITDB_ROOT_USERNAME"
    password_variable: Variable = "MONGO_INITDB_ROOT_PASSWORD"
    auth_database: str = Field("admin", min_length=1)
    tls: bool = False
    tls_ca_file: Annotated[str, AfterValidator(values.file)] | None = None
    tls_client_file: Annotated[str, AfterValidator(values.file)] | None = None
    collections: dict[str, Kind] = Field(default_factory=dict)
    other_collections: Kind = "mutable"
    changed_at_most: Annotated[float, BeforeValidator(values.share)] | None = None
    samples: list[Sample] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_way(self) -> Mongodb:
        if bool(self.service) == bool(self.uri_variable):
            found = "holds both" if self.service else "holds neither"
            raise ValueError(
                f"{found} service and uri_variable: give the first for a MongoDB of the stack, or the second "
                "for one whose connection string, with its login, is in the env file"
            )
        return self


class Moved(Section):
    """Data that a release is to find at another place: the names of volumes, or folders on the target.

    ``to`` is empty where nothing is to be mounted there any more. ``empty``: the new place holds nothing yet.
    """

    service: str = Field(min_length=1)
    before: str = Field(alias="from", min_length=1)
    to: str
    reason: str = Field(min_length=8)
    empty: bool = False


class Data(Section):
    """What is meant to happen to data at the next release, and would be refused otherwise."""

    moved: list[Moved] = Field(default_factory=list)

    @field_validator("moved")
    @classmethod
    def _once(cls, value: list[Moved]) -> list[Moved]:
        places = [(one.service, one.before) for one in value]
        if twice := sorted({name for name in places if places.count(name) > 1}):
            raise ValueError(f"{twice[0][1]} of {twice[0][0]} is moved more than once: keep one of them")
        return value


class Backup(Section):
    """Where backups lie on the target, how old the newest may be, and how long they are kept.

    ``copy_to``: a folder of this machine for copies; relative to the target file's.
    """

    folder: Annotated[str, AfterValidator(values.folder)]
    max_age_h: float = Field(6, gt=0)
    retention_days: int = Field(30, ge=1)
    keep: int = Field(3, ge=1)
    each_deployment: bool = True
    proof_image: str = ""
    copy_to: Path | None = None

    @field_validator("copy_to", mode="before")
    @classmethod
    def _copies(cls, value: object) -> object:
        return Path(values.local_folder(value, "this file")) if isinstance(value, str) else value
