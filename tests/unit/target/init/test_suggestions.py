"""What is derived from a flattened compose file: endpoints, the env file, MongoDB; no Docker."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.compose.unresolved import filled, variables
from gonogo.deploy.target.init.suggestions import publications
from tests.unit.drafting import draft, service, text_of

CHECK = "healthcheck:\n  test: %s"
CURL = CHECK % "[CMD, curl, -f, 'http://localhost:80/ok']"


@pytest.mark.parametrize(
    ("body", "url"),
    [
        (f"{CURL}\nports: ['8080:80']", "http://127.0.0.1:8080/ok"),
        (f"{CURL}\nports: ['${{PORT:-8001}}:80/tcp']", "http://127.0.0.1:8001/ok"),
        (f"{CURL}\nports: ['${{A:-${{B:-8001}}}}:80']", "http://127.0.0.1:8001/ok"),
        (f"{CURL}\nports: ['[::1]:8080:80']", "http://[::1]:8080/ok"),
        (f"{CURL}\nports: ['::1:8080:80']", "http://[::1]:8080/ok"),
        (f"{CURL}\nports: ['10.0.0.5:8080:80']", "http://10.0.0.5:8080/ok"),
        (f"{CURL}\nports: ['0.0.0.0:8080:80']", "http://127.0.0.1:8080/ok"),
        (f"{CURL}\nports: ['8070-8079:75-84']", "http://127.0.0.1:8075/ok"),
        (f"{CURL}\nports: [{{target: 80, published: 8080, mode: host}}]", "http://127.0.0.1:8080/ok"),
        (f"{CURL}\nports: [{{target: 80, published: '8080', host_ip: '::'}}]", "http://[::1]:8080/ok"),
        (f"{CURL}\nports: ['53:80/udp', '8080:80', '8081:80']", "http://127.0.0.1:8080/ok"),
        (f"{CURL}\nports: &p ['8080:80']", "http://127.0.0.1:8080/ok"),
        (f"{CURL}\nnetwork_mode: host", "http://127.0.0.1:80/ok"),
        (f"{CURL}\ndeploy: {{replicas: 2}}\nports: ['8080:80']", "http://127.0.0.1:8080/ok"),
        (
            CHECK % "curl -f http://127.0.0.1/a?b=1&c=2&&exit 0||exit 1" + "\nports: ['81:80']",
            "http://127.0.0.1:81/a?b=1&c=2",
        ),
        (
            CHECK % "[CMD-SHELL, 'wget -q https://[::1]/x || exit 1']" + "\nports: ['444:443']",
            "https://127.0.0.1:444/x",
        ),
        (
            CHECK % "curl http://0.0.0.0:${P:-3000}" + "\nports: ['${P:-3000}:${P:-3000}']",
            "http://127.0.0.1:3000/",
        ),
        (
            CHECK % '"node -e \\"fetch(\'http://localhost:80/q\')\\""' + "\nports: ['81:80']",
            "http://127.0.0.1:81/q",
        ),
        (
            CHECK % "curl http://api.example.com/ http://localhost/z" + "\nports: ['81:80']",
            "http://127.0.0.1:81/z",
        ),
    ],
)
def test_health_comes_from_the_healthcheck_and_the_published_port(stack, body, url):
    assert [health.url for health in draft(stack, service(body)).health] == [url]


@pytest.mark.parametrize(
    ("body", "suggested"),
    [
        ("ports: ['8080:80']", "http://127.0.0.1:8080/"),
        ("ports: ['8080:80']\nhealthcheck: {disable: true}", "http://127.0.0.1:8080/"),
        (
            "ports: ['8080:80']\nhealthcheck: {disable: true, test: curl http://localhost/}",
            "http://127.0.0.1:8080/",
        ),
        ("ports: ['8080:80']\nhealthcheck: {test: NONE}", "http://127.0.0.1:8080/"),
        ("ports: ['8080:80']\nhealthcheck: {test: [NONE]}", "http://127.0.0.1:8080/"),
        ("ports: ['8080:80']\n" + CHECK % "curl http://localhost:$$PORT/ok", "http://127.0.0.1:8080/"),
        ("ports: ['8080:80']\n" + CHECK % "curl http://localhost:80/${UNSET}", "http://127.0.0.1:8080/"),
        ("ports: ['8080:80']\n" + CHECK % "curl http://localhost:9999/", "http://127.0.0.1:8080/"),
        ("ports: ['8080:80']\n" + CHECK % "curl http://localhost.test/", "http://127.0.0.1:8080/"),
        ("ports: ['6380:6379', '9000:9000']", "http://127.0.0.1:9000/"),
        ("ports: ['6380:6379']\n" + CHECK % "[CMD, redis-cli, ping]", None),
        (f"{CURL}\nports: ['80', 80]", None),
        (f"{CURL}\nports: ['8080:80/udp']", None),
        (f"{CURL}\nports: ['${{PORT}}:80']", None),
        (f"{CURL}\nports: ['${{PORT:?set it}}:80']", None),
        (f"{CURL}\nports: ['127.0.0.1::80']", None),
        (f"{CURL}\nports: ['8080-8090:80']", None),
        (f"{CURL}\nports: ['8080:80']\nprofiles: [debug]", None),
        (CURL, None),
    ],
)
def test_without_an_endpoint_one_is_suggested_at_most(stack, body, suggested):
    text = text_of(stack, service(body))
    assert "\n[[health]]" not in text
    if suggested is None:
        assert "url = " not in text
        assert "# No [[health]]: " in text
    else:
        (health,) = tomllib.loads(text.replace("\n#[[", "\n[[").replace("\n#url", "\nurl"))["health"]
        assert health == {"url": suggested}


@pytest.mark.parametrize(
    ("body", "env_file"),
    [
        ("environment: {A: '${A:?set it}'}", ".env"),
        ("environment: ['A=${A:-b}', 'B=${B-}', 'C=${C:+${D}}']", ".env"),
        ("environment: ['A=${A:-b}', 'B=${B-}']", None),
        ("command: echo $A", ".env"),
        ("command: echo $$A $$${B}", ".env"),
        ("command: echo $$A", None),
        ("container_name: ${COMPOSE_PROJECT_NAME}-x", None),
        ("env_file: .env", ".env"),
        ("env_file: [./.env]", ".env"),
        ("env_file: [{path: .env, required: false}]", ".env"),
        ("env_file: [{path: ../envs/other.env}]", None),
    ],
)
def test_the_env_file_is_derived(stack, body, env_file):
    assert draft(stack, service(body)).env_file == env_file


@pytest.mark.parametrize(
    ("image", "environment", "expected"),
    [
        ("mongo:7", "{MONGO_INITDB_DATABASE: shop}", ("shop", "MONGO_INITDB_ROOT_USERNAME")),
        (
            "host:5000/x/mongo@sha256:ab",
            "[MONGO_INITDB_DATABASE=shop]",
            ("shop", "MONGO_INITDB_ROOT_USERNAME"),
        ),
        (
            "${IMAGE:-mongo:7}",
            "{MONGO_INITDB_DATABASE: '${D:-shop}'}",
            ("shop", "MONGO_INITDB_ROOT_USERNAME"),
        ),
        ("percona/percona-server-mongodb", "{}", ("app", "MONGO_INITDB_ROOT_USERNAME")),
        ("mongo", "{MONGO_INITDB_DATABASE: '${D:?}'}", ("app", "MONGO_INITDB_ROOT_USERNAME")),
        (
            "bitnami/mongodb",
            "{MONGODB_ROOT_USER: a, MONGODB_ROOT_PASSWORD: '${P}', MONGODB_DATABASE: shop}",
            ("shop", "MONGODB_ROOT_USER"),
        ),
    ],
)
def test_mongodb_is_found_by_its_image(stack, image, environment, expected):
    flattened = f"services:\n  db:\n    image: {image}\n    environment: {environment}\n    ports: ['1:80']\n"
    target = draft(stack, flattened)
    assert target.mongodb is not None
    assert target.mongodb.service == "db"
    assert (target.mongodb.database, target.mongodb.username_variable) == expected
    assert ("correct it.\ndatabase" in text_of(stack, flattened)) is (expected[0] == "app")
    assert target.mongodb.password_variable.partition("_")[0] == expected[1].partition("_")[0]
    assert "url = " not in text_of(stack, flattened)


@pytest.mark.parametrize(
    "image", ["mongo-express", "percona/mongodb_exporter:1", "${IMAGE}", "nginx", "x/my-mongo-seed"]
)
def test_what_only_talks_to_mongodb_is_not_it(stack, image):
    assert draft(stack, f"services:\n  db:\n    image: {image}\n").mongodb is None


def test_the_image_that_is_just_mongo_goes_first(stack):
    flattened = (
        "services:\n  a: {image: my-mongo-tool}\n  b: {image: mongo}\n  c: {image: mongo, profiles: [x]}\n"
    )
    mongodb = draft(stack, flattened).mongodb
    assert mongodb and mongodb.service == "b"


@settings(max_examples=60)
@given(text=st.text(st.sampled_from('${}:?-+[]./"\\\n aA81'), max_size=30))
def test_any_text_can_be_filled_and_read_as_a_port(text):
    assert "\0" not in filled(text)
    assert all(0 <= port.published <= 99999 for port in publications({"ports": [text, {"target": text}]}))
    assert len(set(variables(text))) == len(variables(text))
