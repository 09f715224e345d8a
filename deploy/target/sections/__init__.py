"""The tables of a target file: what each holds, in which units, and what is refused."""

from gonogo.deploy.target.sections.conditions import Dns, Ssh, Thresholds, Tls, Waiver, Window
from gonogo.deploy.target.sections.data import Backup, Mongodb, Sample
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
from gonogo.deploy.target.sections.service import ERRORS, Availability, Health, Logs, Smoke
from gonogo.deploy.target.sections.values import Day, Kind, Section

__all__ = [
    "ERRORS",
    "Availability",
    "Backup",
    "Day",
    "Dns",
    "Environment",
    "Git",
    "Health",
    "Hooks",
    "Images",
    "Kind",
    "Logs",
    "Mongodb",
    "OnServer",
    "Publishing",
    "Registry",
    "Releases",
    "Sample",
    "Section",
    "Smoke",
    "Ssh",
    "Thresholds",
    "Tls",
    "Waiver",
    "Window",
]
