"""What of a value may be shown, by its name and its form."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from gonogo.deploy.redaction.harmless import hidden, is_harmless, spans
from tests.unit.tables import every


def shown(name: str, value: str) -> str:
    return hidden(name, value, lambda _: "***")


@every(
    "name, value",
    [
        *(
            ("ANYTHING", value)
            for value in ("production", "8001", "0.5", "256m", "1h30m", "true", "off", "json")
        ),
        *(("ANYTHING", value) for value in ("www.example.com", "redis:6379", "10.0.0.0/8", "::1", "*.x.org")),
        *(
            ("ANYTHING", value)
            for value in ("/srv/chat/data", "./dist/main.js", "Europe/Berlin", "en_US.UTF-8")
        ),
        *(
            ("ANYTHING", value)
            for value in ("3.12.4-bookworm", "2026-11-24T04:05:59Z", "0 3 * * *", "${NAME}")
        ),
        ("ANYTHING", "http://api:8001/v1?page=2&sort=desc"),
        ("ANYTHING", "https://a.example.com,https://b.example.com"),
        ("ANYTHING", "/usr/local/bin:/usr/bin"),
        ("ANYTHING", '["http://localhost", "https://x.example.org"]'),
        ("ANYTHING", '{"level": "info", "n": 100000000}'),
        ("ANYTHING", "--max-old-space-size=4096"),
        ("ANYTHING", "registry.example.org:5000/team/app:v1.2.3-20261124"),
        ("ANYTHING", "ce8062b-20261124-040559-dirty"),
        ("DB_USER", "paperless2"),
        ("APP_NAME", "My Shop"),
        ("MAIL_FROM", "ops@example.org"),
        ("GIT_SHA", "4f9c2b7e1a6d8035f4c2b7e1a6d80359aabbccdd"),
        ("AUTH_ENABLED", "true"),
        ("AUTH_URL", "https://auth.example.org/realms/shop"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", "${DB_PASSWORD:?set it}"),
        ("DB_PASSWORD", "CHANGE_ME"),
        ("URL", "mongodb://${USER}:${PASSWORD}@mongo/chat?authSource=admin"),
        ("PORT", "${PORT:-8080}"),
        ("traefik.http.middlewares.auth.redirectscheme.scheme", "https"),
        ("traefik.http.routers.auth.service", "auth"),
        ("traefik.http.middlewares.auth.stripprefix.prefixes", "/auth"),
        ("AUTH_STRATEGY", "local"),
        ("SMTP_AUTH", "LOGIN"),
        ("SORT_KEY", "created"),
        ("LDAP_BASE_DN", "dc=example,dc=org"),
        ("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "CONTROLLER:PLAINTEXT,EXTERNAL:SASL_SSL"),
        ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT_HOST://localhost:9092"),
        ("GF_AUTH_GENERIC_OAUTH_CLIENT_ID", "grafana"),
        ("COOKIE_EXPIRE", "168h"),
        ("SSL_KEY", "/certs/key.pem"),
        ("SSH_KEY_NAME", "id_ed25519"),
        ("PGSSLMODE", "verify-full"),
        ("PLUGIN_LICENSE", "MIT AND (BSD-3-Clause OR GPL-3.0-or-later)"),
        ("traefik.http.routers.auth.rule", "Host(`x.example.org`, `www.example.org`) && !PathPrefix(`/api`)"),
        ("traefik.http.routers.auth.entrypoints", "websecure"),
        ("traefik.http.routers.auth.tls.certresolver", "letsencrypt"),
        ("traefik.http.routers.auth.middlewares", "auth@docker,compress@file"),
        ("JWT_EXPIRES_IN", "7d"),
        ("REFRESH_TOKEN_EXPIRES_AFTER", "30 days"),
        ("PRIVATE_NETWORK", "10.0.0.0/8"),
        ("AZURE_TENANT_ID", "550e8400-e29b-41d4-a716-446655440000"),
        ("SPRING_PROFILES_ACTIVE", "prod,metrics"),
        ("RUST_LOG", "info,hyper::proto=debug"),
        ("DEBUG", "app:*,express:*"),
        ("JAVA_OPTS", "-Xms512m -XX:+UseG1GC -XX:MaxRAMPercentage=75.0 -Dfile.encoding=UTF-8"),
        ("SMTP_FROM", "My Shop <shop@example.org>"),
        ("FEATURE_FLAGS", "new-cart,dark-mode"),
        ("CONTENT_HASH", "5f4dcc3b5aa765d61d8327deb882cf99"),
    ],
)
def test_what_is_harmless_by_name_and_form_stays_readable(name: str, value: str) -> None:
    assert shown(name, value) == value


@every(
    "name, value",
    [
        *(
            (name, "abc")
            for name in ["DBPASS", "STRIPE_SK", "LDAP_BINDPW", "SECRETKEYBASE", "MASTERKEY", "COOKIE"]
        ),
        ("PASSCODE", "1234"),
        ("PIN", "0000"),
        ("ANYTHING", "swordfish"),
        ("ANYTHING", "correct horse battery staple"),
        ("ANYTHING", "hunter2"),
        ("ANYTHING", "550e8400-e29b-41d4-a716-446655440000"),
        ("ANYTHING", "ada:hunter2@host"),
        ("ANYTHING", '{"a": {"b": ["x9K-hunter2"]}}'),
        ("DB_USER", "x9KqL0"),
        ("AUTH_URL", "not a url"),
        ("DB_PASSWORD", "winter-is-here"),
        ("DB_PASSWORD", "sample-of-swordfish"),
        ("NEO4J_AUTH", "neo4j/swordfish"),
        ("SMB_USER", "app;Sommer2024"),
        ("DB_LOGIN", "app/sommer"),
        ("DB_PASSWORD", "local"),
        ("ACCESS_CODE", "123456"),
        *(
            ("DB_PASSWORD", value)
            for value in (
                "ChangeMe2024!",
                "changeme-Xk29vLq",
                "Kx92mQ-replace-me",
                "TODO:Kx92mQpLw8",
                "yourK9x2mQ",
            )
        ),
        ("DB_URL", "jdbc:oracle:thin:scott/tiger9@//db:1521/x"),
        *(
            (f"{user}_{kind}", "5f4dcc3b5aa765d61d8327deb882cf99")
            for user in ("ADMIN", "USER")
            for kind in ("HASH", "SHA256")
        ),
        ("PLUGIN_LICENSE", "ABCD-1234-EFGH-5678"),
        ("RELEASE", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("IMAGE_TAG", "glpat-abcdefghij0123456789"),
        ("traefik.http.routers.web.rule", "Host(`x.example.org`) && Header(`X-Key`, `swordfish`)"),
        ("traefik.http.middlewares.auth.basicauth.users", "ada:$$apr1$$abc$$def"),
        *((name, "550e8400-e29b-41d4-a716-446655440000") for name in ("SESSION_ID", "VAULT_SECRET_ID")),
    ],
)
def test_all_else_is_hidden(name: str, value: str) -> None:
    assert shown(name, value) == "***"


@every(
    "value, expected",
    [
        ("mongodb://u:hunter2@db:27017/x?authSource=admin", "mongodb://u:***@db:27017/x?authSource=admin"),
        ("mongodb://u:p@ss/w#rd@db/x", "mongodb://u:***@db/x"),
        ("mongodb://u:my pass@a:1,b:2/x", "mongodb://u:***@a:1,b:2/x"),
        ("redis://:hunter2@redis:6380/0", "redis://:***@redis:6380/0"),
        ("a://x:1@y, b://x:1@z", "a://x:***@y, b://x:***@z"),
        ("https://x9KabcDEF0@o1.example.org/42", "https://***@o1.example.org/42"),
        ("https://hooks.slack.com/services/T01/B02/abcdef", "https://hooks.slack.com/***"),
        ("https://discord.com/api/webhooks/1234/abc", "https://discord.com/api/webhooks/***"),
        ("https://api.telegram.org/bot12:AB-c9/send", "https://api.telegram.org/***/send"),
        (
            "https://x.example.net/f.txt?sv=2022-11-02&sig=ab%2Fc",
            "https://x.example.net/f.txt?sv=2022-11-02&sig=***",
        ),
        ("https://x.example.net/a#x9K0abcDEF", "https://x.example.net/a#***"),
        ("mongodb://app%40x:hunter2@db/shop", "mongodb://app%40x:***@db/shop"),
        ("https://k3J9sLQw7Zr2@x.example.net/", "https://***@x.example.net/"),
        ("jdbc:postgresql://db:5432/x?user=a&password=b", "jdbc:postgresql://db:5432/x?user=a&password=***"),
        (
            "Endpoint=sb://x.example.net/;SharedAccessKeyName=Root;SharedAccessKey=abc==",
            "Endpoint=sb://x.example.net/;SharedAccessKeyName=Root;SharedAccessKey=***",
        ),
        ("host=db password=hunter2 user=u", "host=db password=*** user=u"),
        ("http://a.de/?u=" * 150, "http://a.de/?u=***"),
        ("--requirepass Sommer2024 --save no", "--requirepass *** --save no"),
        ("https://up.example.org/api/push/AbCdEf1234", "https://up.example.org/api/push/***"),
        ("-Xmx512m -Dstore.password=hunter2", "-Xmx512m -Dstore.password=***"),
        ("${DB_PASSWORD:-hunter2}", "${DB_PASSWORD:-***}"),
        ("${A:-${B:-hunter2}}", "${A:-${B:-***}}"),
        ("  hunter2\n", "  ***\n"),
    ],
)
def test_of_urls_and_settings_the_secret_parts_alone_are_hidden(value: str, expected: str) -> None:
    assert shown("ANYTHING", value) == expected


def test_the_path_of_a_webhook_is_its_password() -> None:
    assert shown("CHAT_WEBHOOK", "https://chat.example.org/in/qwertz") == "https://chat.example.org/***"
    assert is_harmless("CHAT_URL", "https://chat.example.org/in/qwertz")


@given(name=st.sampled_from(["X", "PASSWORD", "URL", "NAME"]), value=st.text(max_size=60))
def test_spans_are_in_order_within_the_value_and_never_overlap(name: str, value: str) -> None:
    edges = [edge for span in spans(name, value) for edge in span]
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 0 and edges[-1] <= len(value))


@every(
    "value",
    [
        "a=" * 3_000,
        "0a" * 30_000,
        "a" * 20_000,
        "a." * 10_000,
        "/a-" * 7_000,
        "${A:-" * 2_000,
        "a://b@" * 3_000,
        "1a" * 10_000,
    ],
)
def test_hostile_values_take_no_time(value: str) -> None:
    begun = time.process_time()
    spans("ANYTHING", value)
    assert time.process_time() - begun < 1


@every(
    "value",
    [
        "kJ8sdfKJHsdf8sdfKJHSDFksdf8sdKJHsdfkjsdf8sA=",
        "Zm9v-YmFyX2Zvb2JhcmZvb2JhcmZvb2JhcmZvb2JhcmY=",
        "uS1hYmNkZWZnaGlqa2xtbm9wcXJzdA==",
        "uS1hYmNkZWZnaGlqa2xtbm9wcXJzdA==,dGhpcyBpcyBhIHNlY3JldCB0b28h==",
    ],
)
def test_base64_that_is_filled_up_is_no_name_without_a_value(value: str) -> None:
    assert shown("ENCRYPTION", value) == "***"
    assert shown("FLAGS", "log_level=,debug=1") == "log_level=,debug=1"
