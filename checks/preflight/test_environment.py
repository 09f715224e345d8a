"""The env file on the target and what the stack needs of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from testinfra.host import Host

from deploy.facts import Facts
from deploy.target import Target

PLACEHOLDER = re.compile(
    r"(?i)^(change[-_ ]?(me|this|it)\b.*|your[-_ ].*|<.*>|\[[a-z][a-z _-]*\]|\{\{.*\}\}|x{3,}|\.{3,}|"
    r"(?-i:TODO|FIXME)\b.*|"
    r"replace[-_ ]?(me|this|with).*|(my[-_ ])?(example|placeholder|dummy)([-_ ].*)?|.*[-_ ]here)$"
)


def is_placeholder(value: str, more: list[str]) -> bool:
    """Return whether a value is one that stands in example files, or one of ``more``, whatever its case."""
    text = value.strip()
    return bool(PLACEHOLDER.match(text)) or text.lower() in {word.lower() for word in more}


@pytest.mark.check(
    "environment.file",
    reason="D1: the stack's secrets come from this file on the target, read by Compose itself.",
    fix="Put the env file there, owned by the login, mode 0600; correct env_file if it lies elsewhere.",
)
def test_environment_file(target: Target, facts: Facts, host: Host, expect: Callable[..., None]) -> None:
    """The env file exists and Compose can read every line of it."""
    _ = facts.folder
    path = target.env_path or target.path / ".env"
    file = host.file(str(path))
    if not file.exists:
        expect(
            target.env_path is None,
            found=f"no {path}",
            expected="an env file, since the target file names one",
        )
        return
    count = len(facts.environment)
    expect(True, found=f"{path}: {count} variables, mode {file.mode:o}", expected="a file that Compose reads")


@pytest.mark.check(
    "environment.required",
    reason="D1: the backup stopped for want of MONGODB_PASSWORD; a blank value fails later still.",
    fix="Set these variables in the env file on the target.",
)
def test_environment_required(target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """Every variable that must be set is set, not blank and no placeholder."""
    settings, given = target.environment, facts.environment
    used = {variable.name for variable in facts.variables}
    demanded = {variable.name for variable in facts.variables if variable.required} | set(settings.required)
    wrong = [f"{name} is not set" for name in sorted(demanded - set(given))]
    blank = {name for name in demanded | used if name in given and not given[name].strip()}
    wrong += [f"{name} is blank" for name in sorted(blank - set(settings.may_be_blank))]
    named = sorted(name for name in demanded | used if name in given)
    wrong += [f"{n} is a placeholder" for n in named if is_placeholder(given[n], settings.placeholders)]
    expect(
        not wrong,
        found="; ".join(wrong) or f"{len(named)} variables set",
        expected=f"{', '.join(sorted(demanded)) or 'no variable'} set; none blank or a placeholder",
    )
