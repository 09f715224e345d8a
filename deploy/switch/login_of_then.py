"""Whether the database still takes the login that an older release has in its own env file."""

from __future__ import annotations

from dataclasses import replace

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server import login, primary
from gonogo.deploy.mongodb.server.client import Login, LoginRefused
from gonogo.deploy.release import env_files
from gonogo.deploy.release.release import Release
from gonogo.deploy.switch.goal import Goal
from gonogo.deploy.target.sections.data import Mongodb


def refused(coming: Release, goal: Goal) -> str:
    """Return a sentence where MongoDB refuses the login that a goal's env file gives, with what to do.

    Empty where it takes it, where there is none, and where that cannot be known: no way back waits for it.
    """
    settings = coming.target.mongodb
    if settings is None or goal.model is None or goal.target is coming.target:
        return ""
    given = None
    try:
        way = login.way(coming, settings)
        given = _login(coming, goal, settings)
        if given is None or (given.username, given.password) == (way.login.username, way.login.password):
            return ""
        with primary.reached(coming, replace(way, login=given)) as client:
            client.admin.command("ping")
    except LoginRefused:
        assert given
        return (
            f"the password of MongoDB was changed since {goal.version}: it refuses the login of "
            f"{given.username!r} with the one of then: give that user the password of then again, which is "
            f"in {goal.target.env_path} there, or make the user again where it is gone"
        )
    except GonogoError:
        return ""
    return ""


def _login(coming: Release, goal: Goal, settings: Mongodb) -> Login | None:
    """Return the login that services of a goal are started with; None where none is known."""
    assert goal.model
    if settings.uri_variable:
        from gonogo.deploy.mongodb.server import uri  # noqa: PLC0415  only where it is needed

        then = env_files.values(coming.connection, goal.target, coming.redactor)
        value = then.get(settings.uri_variable, "")
        files = {"tls_ca_file": settings.tls_ca_file, "tls_client_file": settings.tls_client_file}
        return login.of_uri(uri.read(value, settings.uri_variable, files)) if value else None
    made = goal.model.services.get(settings.service or "")
    given = login.of_environment(settings, made.environment if made else {})
    return given if given.password else None
