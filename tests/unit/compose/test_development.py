"""Marks of development: build stages, variables and commands, and what the target file declares (L6)."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.compose.development import Declared, ImageDefaults, faults
from tests.unit.stacks import model
from tests.unit.tables import every

NOTHING = Declared({}, {})


def found(declared: Declared = NOTHING, own: ImageDefaults | None = None, **service: Any) -> list[str]:
    services = model(web={"image": "shop-web", **service}).services.values()
    return faults(services, declared, {"web": own} if own else {})


@every(
    "stage", ["dev", "Development", "debug", "test", "develop", "web-dev", "dev.web", "dev_server", "testing"]
)
def test_a_stage_of_development(stage: str) -> None:
    assert found(build={"context": "/srv/shop", "target": stage}) == [f"web is built with the stage {stage}"]


@every(
    "stage", ["", "production", "runner", "builder", "devices", "tested", "contest", "latest", "attest-prod"]
)
def test_any_other_stage(stage: str) -> None:
    assert found(build={"context": "/srv/shop", "target": stage}) == []


def test_the_last_stage_is_built_where_none_is_named() -> None:
    build = {"context": "/srv/shop"}
    said = ["web is built with the stage dev, the last of its Dockerfile"]
    assert found(own=ImageDefaults(stage="dev"), build=build) == said
    assert found(own=ImageDefaults(stage="runner"), build=build) == []
    assert found(own=ImageDefaults(stage="dev"), build={**build, "target": "runner"}) == []


def test_the_stage_that_is_declared() -> None:
    declared = Declared({"web": "runner"}, {})
    assert found(declared, build={"context": "/", "target": "runner"}) == []
    for build, is_ in (
        ({"context": "/", "target": "builder"}, "is built with stage builder"),
        ({"context": "/"}, "is built without naming a stage"),
        (None, "is not built"),
    ):
        assert found(declared, build=build) == [f"web {is_}, and runner is declared"]
    (said,) = found(Declared({"wbe": "runner"}, {}))
    assert said.startswith("images.stages of the target file names wbe")


@every(
    "name, value",
    [
        ("NODE_ENV", "development"),
        ("APP_ENV", "local"),
        ("RAILS_ENV", "test"),
        ("FLASK_ENV", "Development"),
        ("ASPNETCORE_ENVIRONMENT", "Development"),
        ("FLASK_DEBUG", "1"),
        ("DEBUG", "true"),
        ("DEBUG", " True "),
        ("APP_DEBUG", "yes"),
    ],
)
def test_a_variable_of_development(name: str, value: str) -> None:
    said = [f"web has {name}={value.strip()}"]
    assert found(environment={name: value}) == said
    assert found(own=ImageDefaults({name: value}, "")) == said
    assert found(build={"context": "/", "args": {name: value}}) == [
        f"web has the build argument {name}={value.strip()}"
    ]


@every(
    "name, value",
    [
        ("NODE_ENV", "production"),
        ("NODE_ENV", ""),
        ("APP_ENV", "staging"),
        ("DEBUG", "0"),
        ("DEBUG", "app:*"),
        ("LOG_LEVEL", "debug"),
    ],
)
def test_any_other_variable(name: str, value: str) -> None:
    assert found(environment={name: value}) == []


def test_the_service_decides_over_its_image() -> None:
    assert (
        found(own=ImageDefaults({"NODE_ENV": "development"}, ""), environment={"NODE_ENV": "production"})
        == []
    )


def test_the_value_that_is_declared() -> None:
    declared = Declared({}, {"NODE_ENV": "production", "TIER": "web"})
    assert found(declared) == []
    assert found(declared, environment={"NODE_ENV": "production", "TIER": "web"}) == []
    assert found(declared, environment={"TIER": "api"}) == ["web has TIER=api, and web is declared"]
    assert found(declared, environment={"NODE_ENV": "development"}) == [
        "web has NODE_ENV=development, and production is declared"
    ]


@every(
    "command, server",
    [
        ("next dev", "next dev"),
        ("npm run dev", "npm run dev"),
        ("npm run dev:web -- --port 1", "npm run dev:web"),
        ("yarn dev", "yarn dev"),
        ("pnpm  run  start:dev", "pnpm run start:dev"),
        ("node_modules/.bin/vite --host", "vite"),
        ("vite", "vite"),
        ("nodemon server.js", "nodemon"),
        ("flask run --debug", "flask run --debug"),
        ("flask --app shop run --host 0.0.0.0 --debug", "flask --app shop run --host 0.0.0.0 --debug"),
        ("flask --debug run", "flask --debug run"),
        ("python -m uvicorn shop:app --reload", "uvicorn shop:app --reload"),
        ("python manage.py runserver 0.0.0.0:8000", "manage.py runserver"),
        ("python /app/manage.py runserver", "manage.py runserver"),
        ("fastapi dev shop.py", "fastapi dev"),
        ("sh -c 'cd /app && npm run dev'", "npm run dev"),
    ],
)
def test_a_development_server(command: str, server: str) -> None:
    said = [f"web is started with `{server}`, a development server"]
    assert found(command=[command]) == said
    assert found(command=command.split(" ")) == said
    assert found(entrypoint=command.split(" ")) == said
    assert found(own=ImageDefaults({}, command)) == said


@every(
    "command",
    [
        "next start",
        "npm start",
        "npm run build",
        "npm run device",
        "vite build",
        "vite preview",
        "node vite.config.js",
        "gunicorn shop:app",
        "uvicorn shop:app --reload-dir-not",
        "flask run",
        "python manage.py migrate",
        "/usr/bin/vitess",
        "invite",
    ],
)
def test_any_other_command(command: str) -> None:
    assert found(command=command.split(" ")) == []


def test_the_command_of_a_service_replaces_its_images() -> None:
    assert found(own=ImageDefaults({}, "next dev"), command=["next", "start"]) == []
