"""The tables of a target file: what each holds, in which units, and what is refused."""

from gonogo.deploy.sections.conditions import Dns, Ssh, Thresholds, Tls, Waiver, Window
from gonogo.deploy.sections.data import Backup, Mongodb, Sample
from gonogo.deploy.sections.delivery import Environment, Git, Hooks, Images, OnServer, Registry, Releases
from gonogo.deploy.sections.publishing import Publishing
from gonogo.deploy.sections.service import ERRORS, Availability, Health, Logs, Smoke
from gonogo.deploy.sections.values import Day, Kind, Section

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
