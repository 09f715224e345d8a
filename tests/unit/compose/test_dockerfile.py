"""What a Dockerfile builds: its stages, with their variables and commands."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from gonogo.deploy.compose.dockerfile import built, secrets_in, stages
from tests.unit.tables import every

WEB = r"""# syntax=docker/dockerfile:1
ARG NODE=20
FROM node:${NODE} AS base
ARG MODE=production
ENV NODE_ENV=$MODE PORT="3000" \
    # a comment between lines
    HOST='0.0.0.0'
WORKDIR /app

from base as Builder
RUN <<EOF
CMD ["not", "one"]
EOF
RUN npm ci && \
    npm run build

FROM --platform=linux/amd64 base AS runner
COPY --from=builder /app /app
CMD ["node", "server.js"]

FROM base AS dev
ENV NODE_ENV development
CMD npm run dev
"""


def test_the_stages_of_a_file() -> None:
    found = stages(WEB, {})
    assert [stage.name for stage in found] == ["base", "builder", "runner", "dev"]
    assert [stage.words for stage in found] == ["", "", "node server.js", "npm run dev"]
    assert found[2].variables == {"NODE_ENV": "production", "PORT": "3000", "HOST": "0.0.0.0"}
    assert found[3].variables["NODE_ENV"] == "development"


def test_an_argument_of_the_build_goes_before_its_default() -> None:
    assert stages(WEB, {"MODE": "test"})[2].variables["NODE_ENV"] == "test"


@every("target, name", [("", "dev"), ("runner", "runner"), ("RUNNER", "runner"), ("1", "builder")])
def test_the_stage_that_is_built(target: str, name: str) -> None:
    found = built(stages(WEB, {}), target)
    assert found and found.name == name


def test_a_stage_that_is_not_there() -> None:
    assert built(stages(WEB, {}), "production") is None
    assert built(stages(WEB, {}), "7") is None
    assert built([]) is None


@every(
    "lines, words",
    [
        ("CMD a\nENTRYPOINT b", "b a"),
        ('ENTRYPOINT ["b"]\nCMD ["a", "c"]', "b a c"),
        ("CMD a\nFROM one\nENTRYPOINT b", "b"),
        ("CMD a\nFROM one", "a"),
        ('CMD a\nCMD ["unclosed', '["unclosed'),
        ("CMD", ""),
    ],
)
def test_what_a_container_is_started_with(lines: str, words: str) -> None:
    assert stages(f"FROM scratch AS one\n{lines}\n", {})[-1].words == words


@every(
    "line, variables",
    [
        ("ENV A=${B:-c}", {"A": "c"}),
        ("ENV A=$NOBODY", {"A": ""}),
        ("ENV A=1 B", {"A": "1"}),
        ("ENV A='unclosed", {}),
        ("ENV A b c", {"A": "b c"}),
        ("env A=1", {"A": "1"}),
    ],
)
def test_variables(line: str, variables: dict[str, str]) -> None:
    assert stages(f"FROM scratch\n{line}", {})[0].variables == variables


@every("text", ["", "\n", "CMD a", "FROM", "RUN <<EOF\n", "FROM a\\", "\ufeffFROM a"])
def test_what_is_no_dockerfile_has_no_command(text: str) -> None:
    assert [stage.words for stage in stages(text, {})] in ([], [""])


WORDS = st.sampled_from(
    ["FROM", "a", "AS", "ENV", "ARG", "CMD", "ENTRYPOINT", "RUN", "<<EOF", "\\", "\n", "=", "'"]
)


@given(st.lists(WORDS | st.text(max_size=5), max_size=30).map(" ".join))
@example("FROM \u00b2")  # a digit, and no number
def test_whatever_is_in_a_file_it_can_be_read(text: str) -> None:
    found = stages(text, {})
    assert built(found) is (found[-1] if found else None)
    assert all(isinstance(stage.words, str) for stage in found)


def test_what_is_secret_in_a_dockerfile_is_known() -> None:
    text = """FROM x
    ARG NPM_AUTH=abc-1
    ENV PORT=8001 LICENSE_CODE="q8 Zr2" \\
        MODE=production
    LABEL serial=x9Kq-7
    RUN curl -H 'X-Token: tok-5' https://example.org/a
    CMD ["serve", "--password", "hunter2"]
    """
    assert secrets_in(text) == ["abc-1", "q8 Zr2", "x9Kq-7", "tok-5", "hunter2"]
