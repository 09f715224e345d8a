"""The model that is deployed is the one that Compose gives with the original files; Compose is the judge."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.compose import cases
from tests.unit.compose.cases import Case

pytestmark = pytest.mark.lab

VALUES = st.sampled_from(["./d", "../p", "/abs", "kept", "d/e", "7", "", "~/h"])
NAMES = st.sampled_from("ABCD")
PLAIN = st.builds("${{{}}}".format, NAMES)
DEFAULT = st.builds("${{{}{}{}}}".format, NAMES, st.sampled_from([":-", "-"]), VALUES | PLAIN)
OTHER = st.builds("${{{}{}{}}}".format, NAMES, st.sampled_from([":+", "+"]), VALUES)
BARE = st.builds("${}".format, NAMES)
WORD = PLAIN | DEFAULT | OTHER | BARE
# A path that is an alternative, as `${A:+./d}`, is not read as Compose reads it in an included file.
PATH = PLAIN | DEFAULT | BARE
SOURCE = st.one_of(PATH, st.builds("{}/x".format, PATH), st.builds("./{}".format, PATH), st.just("./lit"))
MODE = st.sampled_from(["", ":ro", ":z", ":rw,nocopy", ":${M}", ":${N:-ro}"])
SHORT = st.builds("{}:/p{}{}".format, SOURCE, st.integers(1, 9), MODE)
LONG = st.fixed_dictionaries({"type": st.just("bind"), "source": SOURCE, "target": st.just("/long")})
SERVICE = st.fixed_dictionaries(
    {"image": st.builds("i:t{}".format, st.integers(1, 3))},
    optional={
        "volumes": st.lists(SHORT, max_size=3) | st.lists(LONG, max_size=1),
        "environment": st.lists(st.builds("{}={}".format, NAMES, WORD) | NAMES, max_size=3),
        "build": st.sampled_from([".", "./app"]) | st.fixed_dictionaries({"context": SOURCE}),
        "env_file": st.lists(st.fixed_dictionaries({"path": SOURCE, "required": st.just(False)}), max_size=1),
        "labels": st.dictionaries(st.sampled_from(["k", "l"]), WORD, max_size=2),
        "command": st.builds("run {} 'a {}'".format, WORD, WORD),
    },
)
FILE = st.builds(
    lambda service, source: {
        "services": {"a": service},
        "volumes": {"kept": {}},
        "secrets": {"s": {"file": source}},
    },
    SERVICE,
    SOURCE,
)
ENV = st.dictionaries(st.sampled_from("ABCDM"), VALUES).map(
    lambda given: {name: "ro" if name == "M" else value for name, value in given.items()}
)


def lines(env: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in env.items())


@st.composite
def stacks(draw: st.DrawFn) -> Case:
    """Draw compose files: one alone, or one that includes another or extends a service of it."""
    file, way = draw(FILE), draw(st.sampled_from(["alone", "include", "include", "extends"]))
    files = {"compose.yaml": json.dumps(file)}
    if way == "include":
        entry = {"path": "sub/compose.yaml", **draw(st.sampled_from([{}, {"env_file": "sub/my.env"}]))}
        # What is blank in the one env file and not in the other is told apart by no fallback.
        inner, outer = draw(ENV.map(lambda env: {n: v for n, v in env.items() if v})), draw(ENV)
        outer = {name: value for name, value in outer.items() if value or name not in inner}
        own = {"services": {"m": draw(SERVICE)}, "include": [entry]}
        files = {"compose.yaml": json.dumps(own), "sub/compose.yaml": json.dumps(file)}
        return Case(
            {**files, "sub/my.env" if "env_file" in entry else "sub/.env": lines(inner)}, lines(outer)
        )
    if way == "extends":
        service = {"extends": {"file": "sub/base.yaml", "service": "a"}, "labels": ["own=1"]}
        own = {**file, "services": {"m": service}}
        files = {"compose.yaml": json.dumps(own), "sub/base.yaml": json.dumps(file)}
    return Case(files, lines(draw(ENV)))


@pytest.mark.parametrize("name", cases.NAMES)
def test_a_case_gives_the_model_of_its_files(name: str, tmp_path: Path) -> None:
    given, folder = cases.case(name), tmp_path / "shop"
    env = given.write(folder)
    wanted = cases.model(given, folder, env)
    assert isinstance(wanted, tuple), wanted
    assert cases.model(given, folder, env, cases.compose_file(given, folder, cases.values(env))) == wanted


@settings(max_examples=40, deadline=None, derandomize=True)
@given(given=stacks())
def test_whatever_compose_takes_gives_the_model_of_its_files(given: Case) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "shop"
        env = given.write(folder)
        wanted = cases.model(given, folder, env)
        if isinstance(wanted, tuple):
            text = cases.compose_file(given, folder, cases.values(env))
            ours = cases.model(given, folder, env, text)
            assert isinstance(ours, tuple), ours
            assert ours[0] == wanted[0]
            # A variable of what a later line takes the place of is none that the model lacks.
            assert set(ours[1]) <= set(wanted[1])
