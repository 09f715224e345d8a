"""The env example: how it is read, what it has to give, and what in it is a real secret."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy.compose import dotenv, env_example
from tests.unit.compose.test_local_resolver import target_of


def test_an_env_example_is_read_by_the_rules_of_compose(tmp_path: Path) -> None:
    text = "A=1 # a\nexport B='x # ${A}'\nC=\"two\\nlines ${A}\nthree\"\n\nD:d\nA=2\nnot one\nE=\nF='open\n"
    values, faults = dotenv.read(text)
    assert values["B"] == "x # ${A}"
    assert values["C"] == "two\nlines 1\nthree"
    assert (values["A"], values["D"], values["E"]) == ("2", "d", "")
    assert faults == [
        "A is given twice",
        "line 8 is no NAME=value",
        "the quote of F in line 10 is never closed",
    ]
    target = target_of(tmp_path, environment={"required": ["KEY"], "placeholders": ["to-be-set"]})
    flat = "services: {a: {image: 'i:${T:-${U}}', command: '${V:?} ${W?} ${X-} ${Y:+z} $$NO ${HOME}'}}\n"
    assert env_example.demanded(flat, target) == ["KEY", "U", "V", "W"]
    assert env_example.insisted(flat, {"V": "", "W": ""}) == ["V"]
    real = {
        "API_KEY": "9fK2mQ8vXw4LrT7bZc1Y",
        "URL": "mongodb://shop:Correct-Horse-77@db/",
        "DB_PASSWORD": "Correct-Horse-77",
    }
    for name, value in real.items():
        assert env_example.is_real(name, value, target)
    for name, value in {
        "DB_PASSWORD": "postgres",
        "API_KEY": "<your key>",
        "JWT_SECRET": "to-be-set",
    }.items():
        assert not env_example.is_real(name, value, target)
    assert env_example.look(target) is None
