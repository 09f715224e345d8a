"""Secrets of every shape in every place of a stack that can hold one."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

SHAPES: tuple[Callable[[str], str], ...] = (
    lambda code: f"{code[:8]}!$x@/#\"' {code[8:]}",
    lambda code: f"correct horse {code}",
    lambda code: f"Sommer-{code}",
    lambda code: f"{code[:8]}-{code[8:12]}-41d4-a716-{code}",
    lambda code: f"q7#{code[:6]}",
    lambda code: f"über {code} €",
    lambda code: f"{code.upper()}+/a==",
    lambda code: f"ada.{code}.{code[::-1]}",
)
PLAIN: tuple[Callable[[str], str], ...] = (lambda code: f"Pw-{code}", lambda code: f"zz{code}QQ")
"""Shapes for commands, where nothing needs to be quoted."""
IN_ENV_FILE = (
    "DBPASS",
    "PASSCODE",
    "STRIPE_SK",
    "LDAP_BINDPW",
    "SECRETKEYBASE",
    "MOTTO",
    "PLAIN",
    "HINT",
    "TAN",
    "WACHTWOORD",
)
LITERAL = (
    "SMTPPASS",
    "APP_PW",
    "HMAC_SEED",
    "FRASE",
    "KENNWORT",
    "SALUTATION",
    "COUPON",
    "NOTE",
    "ZZZ",
    "LOZINKA",
)
WITHIN: dict[str, str] = {
    "WEBHOOK": "https://hooks.example.org/services/{}",
    "BUS": "Endpoint=sb://x.example.net/;SharedAccessKeyName=Root;SharedAccessKey={}",
    "BLOB": "https://x.example.net/a/f.txt?sv=2022-11-02&sig={}",
    "CACHE": "redis://:{}@cache:6379/0",
    "RELAY": "smtp://ada:{}@mail.example.org:587",
    "BOT": "https://api.example.org/bot1:{}/send",
}


@dataclass
class Hidden:
    """The secrets that were made, by the place that holds each."""

    made: dict[str, str] = field(default_factory=dict)
    codes: Iterator[int] = field(default_factory=itertools.count)

    def new(self, place: str, shapes: tuple[Callable[[str], str], ...] = SHAPES) -> str:
        """Return a secret for a place, the same each time."""
        if place not in self.made:
            self.made[place] = shapes[next(self.codes) % len(shapes)](secrets.token_hex(8))
        return self.made[place]

    def typed(self, place: str) -> str:
        """Return a secret for a command."""
        return self.new(place, PLAIN)

    @property
    def env(self) -> dict[str, str]:
        """What the env file holds beside the stack's own variables."""
        found = {name: self.new(f"env file {name}") for name in IN_ENV_FILE}
        found |= {
            name: text.format(quote(self.new(f"env file {name}"), safe="")) for name, text in WITHIN.items()
        }
        return {
            **found,
            "DOCUMENT": json.dumps({"db": {"pw": self.new("env file DOCUMENT")}}),
            "OF_A_SECRET": self.new("secret"),
            "OF_A_CONFIG": self.new("config of the environment"),
        }

    def put(self, folder: Path, *, old: bool = False) -> None:
        """Put secrets into a checkout of the example stack; ``old``: also what a later commit removes."""
        file = folder / "docker-compose.yml"
        raw = yaml.safe_load(file.read_text())
        services = raw["services"]
        self._api(services["api"], old=old)
        services["web"]["environment"]["PROXY"] = (
            f"https://ada:{self.typed('url with a login')}@proxy.example.org"
        )
        services["web"]["labels"] = [
            f"auth.users=ada:{self.doubled('label, list')}",
            f"note={self.doubled('label')}",
        ]
        services["web"]["logging"] = {
            "driver": "json-file",
            "options": {"labels-regex": self.typed("logging")},
        }
        services |= {"vault": self._vault(), "worker": self._worker()}
        raw["x-common"] = {"deep": [{"er": self.doubled("x- block, deep")}], "pin": self.doubled("x- block")}
        raw["networks"] = {"default": {"labels": {"owner.note": self.doubled("network label")}}}
        raw["volumes"]["redis-data"] = {"labels": {"hint": self.doubled("volume label")}}
        raw["configs"] = {
            "settings": {"content": f"[db]\nuser = ada\npassword = {self.doubled('config')}\n"},
            "motto": {"content": self.doubled("config, whole")},
            "given": {"environment": "OF_A_CONFIG"},
        }
        raw["secrets"] = {"pass": {"environment": "OF_A_SECRET"}}
        file.write_text(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True))
        dockerfile = folder / "api" / "Dockerfile"
        lines = [f"ARG NPM_AUTH={self.typed('ARG of a Dockerfile')}", f"ENV LICENSE_CODE={self.typed('ENV')}"]
        lines += [
            f"LABEL org.example.note={self.typed('LABEL')}",
            f"LABEL serial={self.typed('image label')}",
        ]
        dockerfile.write_text(f"{dockerfile.read_text()}{chr(10).join(lines)}\n")

    def doubled(self, place: str) -> str:
        """Return a secret as a compose file writes it."""
        return self.new(place).replace("$", "$$")

    def _api(self, api: dict[str, Any], *, old: bool) -> None:
        names = [*LITERAL, *(["RETIRED", "OLD_PASSWORD", "FORMERLY"] if old else [])]
        api["environment"] |= {name: self.doubled(f"environment {name}") for name in names}
        arguments = {
            name: self.doubled(f"build argument {name}") for name in ("NPM_AUTH_OF", "LICENSE", "MIRROR_PW")
        }
        labels = {"build.note": self.doubled("label of the build")}
        api["build"] = {"context": "./api", "args": arguments, "labels": labels}
        api["labels"] = {
            "traefik.http.middlewares.a.headers.customrequestheaders.X-Key": self.doubled(
                "header in a label"
            ),
            "backup.passphrase": self.doubled("passphrase in a label"),
        }
        api["annotations"] = {"org.example.motto": self.doubled("annotation")}
        api["deploy"] = {"labels": {"seat": self.doubled("label of deploy")}}
        api["configs"], api["secrets"] = ["settings", "motto", "given"], ["pass"]
        given = [
            "-H",
            f"X-Health: {self.typed('header of a health check')}",
            "-u",
            f"ada:{self.typed('login of a check')}",
        ]
        url = f"http://127.0.0.1:8001/api/health?code={self.typed('query of a health check')}"
        api["healthcheck"]["test"] = ["CMD", "curl", "-fsS", "-m", "4", "-o", "/dev/null", *given, url]
        api["x-notes"] = {"dial": self.doubled("x- block of a service")}

    def _vault(self) -> dict[str, Any]:
        demanded = self.typed("command, an option")
        return {
            "image": "gonogo-lab/redis:latest",
            "command": [
                "redis-server",
                "--requirepass",
                demanded,
                "--masterauth",
                self.typed("command, another"),
            ],
            "healthcheck": {"test": ["CMD-SHELL", f"redis-cli -a {demanded} ping"], "interval": "2s"},
        }

    def _worker(self) -> dict[str, Any]:
        script = "import time; time.sleep(1000000)"
        return {
            "image": "gonogo-lab/python:latest",
            "entrypoint": ["python", "-c", script, f"--token={self.typed('entrypoint')}"],
            "command": ["--api", f"https://ada:{self.typed('command, a login')}@api.example.org/"],
            "stop_grace_period": "0s",
        }
