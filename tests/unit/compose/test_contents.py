"""What services are given as files, as Compose prints it."""

from __future__ import annotations

import json

from gonogo.deploy.compose.contents import Content
from gonogo.deploy.compose.model import Model


def test_every_config_secret_and_bind_mount_has_its_place() -> None:
    raw = {
        "name": "shop",
        "services": {
            "api": {
                "configs": [{"source": "app", "target": "/etc/app.conf"}, {"source": "page"}],
                "secrets": [{"source": "token", "target": "/run/secrets/t"}, {"source": "key"}, "bare"],
                "volumes": [
                    {"type": "bind", "source": "/srv/a", "target": "/a/", "read_only": True},
                    {"type": "bind", "source": "/srv/b", "target": "/b"},
                    {"type": "volume", "source": "data", "target": "/data"},
                ],
            }
        },
        "configs": {"app": {"content": "a: $$1"}, "page": {"file": "/srv/page"}, "unused": {"content": "x"}},
        "secrets": {
            "token": {"environment": "TOKEN"},
            "key": {"file": "/srv/key"},
            "bare": {"external": True},
        },
    }
    assert Model.from_json(json.dumps(raw)).contents == (
        Content("api", "config app", "/etc/app.conf", text="a: $1"),
        Content("api", "config page", "/page", "/srv/page"),
        Content("api", "secret token", "/run/secrets/t", environment="TOKEN"),
        Content("api", "secret key", "/run/secrets/key", "/srv/key"),
        Content("api", "secret bare", "/run/secrets/bare"),
        Content("api", "/srv/a", "/a", "/srv/a"),
        Content("api", "/srv/b", "/b", "/srv/b", writable=True),
    )


def test_what_is_copied_is_never_shown() -> None:
    one = Content("api", "config app", "/app", text="a-secret-content")
    assert "a-secret" not in repr(one)
    assert (one.value({}), Content("api", "secret t", "/t", environment="T").value({"T": "v"})) == (
        "a-secret-content",
        "v",
    )
    assert Content("api", "secret key", "/k", "/srv/key").value({}) is None
