"""The compose files that would be deployed, and what they give on the target."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.command_line import PROJECT
from gonogo.deploy.compose.default_files import OVERRIDES
from gonogo.deploy.compose.image_name import repository
from gonogo.deploy.compose.service import Service
from gonogo.deploy.release.by_hand import added, without
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

# Of the documented variables of Compose those that change what is started, as what, or from which files.
SWITCHES = (
    "COMPOSE_FILE",
    "COMPOSE_PROFILES",
    PROJECT,
    "COMPOSE_ENV_FILES",
    "COMPOSE_DISABLE_ENV_FILE",
    "COMPOSE_COMPATIBILITY",
    "COMPOSE_CONVERT_WINDOWS_PATHS",
    "COMPOSE_REMOVE_ORPHANS",
)
# github.com/distribution/reference: host, path of lower-case parts, tag; what is built has no digest.
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
TAGGABLE = re.compile(
    rf"(?:(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d+)?/)?{_PART}(?:/{_PART})*(?::\w[\w.-]{{0,127}})?"
)
OBSOLETE = re.compile(r"obsolete|deprecated|will be ignored", re.IGNORECASE)


@pytest.mark.offline
@pytest.mark.check(
    "compose.files",
    reason="What is deployed are the compose files of this machine; they have to exist and fit together.",
    fix="Correct source or compose_files in the target file, or what Compose names in those files.",
)
def test_compose_files(target: Target, release: Release, expect: Expect) -> None:
    """The compose files exist here and make one stack."""
    names = ", ".join(target.compose_files)
    expect(
        release.files.flat.strip(),
        found=f"{names} in {target.source}",
        expected="compose files that fit together",
    )


@pytest.mark.offline(without="the env file on the target: variables have the values of the env example")
@pytest.mark.check(
    "compose.resolves",
    reason="D1, L1: a variable that is not set becomes an empty text, and Compose only warns.",
    fix="Set the variables in the env file on the target, or give them a default: ${NAME:-default}.",
)
def test_compose_resolves(release: Release, expect: Expect) -> None:
    """The model resolves on the target with its env file, every variable set and no key obsolete."""
    unset = release.resolved.unset
    services = ", ".join(sorted(release.model.services)) or "none"
    found = f"not set: {', '.join(unset)}" if unset else f"services: {services}"
    expect(
        not unset and release.model.services, found=found, expected="at least one service, no unset variable"
    )
    said = dict.fromkeys([*release.files.notices, *release.resolved.warnings])
    old = [words for words in said if OBSOLETE.search(words)]
    expect(
        not old,
        old,
        found=found,
        expected="compose files that Compose has nothing to say about",
        fix="Remove these keys from the compose files.",
        severity="warning",
    )


def switches(target: Target, environment: dict[str, str]) -> list[str]:
    """Return what is said of Compose's own variables in the env file that differ from the target file.

    gonogo names the files, the project and the profiles itself; whoever runs Compose by hand gets these.
    """
    keys: dict[str, tuple[str, str | list[str]]] = {
        PROJECT: ("project", target.project),
        "COMPOSE_FILE": ("compose_files", target.compose_files),
        "COMPOSE_PROFILES": ("profiles", target.profiles),
    }
    found = []
    for name in SWITCHES:
        value = environment.get(name, "").strip()
        parts = [part.strip() for part in re.split("[:;]" if name == "COMPOSE_FILE" else ",", value)]
        key, ours = keys.get(name, ("", ""))
        theirs = value if isinstance(ours, str) else [part for part in parts if part]
        if not value or theirs == ours or (name == "COMPOSE_PROFILES" and set(theirs) == set(ours)):
            continue
        cure = f"{key} in the target file is {json.dumps(ours)}: set {key} = {json.dumps(theirs)} there, or"
        cure = cure if key else "gonogo does not follow it:"
        found.append(f"{name} in the env file is {value}, and {cure} remove it")
    return found


def _changed_there(target: Target, release: Release) -> Iterator[str]:
    """Yield what on the target makes the stack another one than the compose files here say."""
    ours = {PurePosixPath(file).name for file in target.compose_files}
    for name in OVERRIDES:
        if str(target.path / name) in release.folder.paths.places and name not in ours:
            yield f"{target.path / name} on the target is none of compose_files"
    env, stray = target.env_path, str(target.path / ".env")
    if (
        env
        and str(env) != stray
        and stray in release.folder.paths.places
        and stray not in release.environment.files
    ):
        yield f"{stray} lies there, while env_file names {env}"
    yield from switches(target, release.environment.variables)


def _changed_here(target: Target, release: Release) -> Iterator[str]:
    """Yield what on this machine makes the stack another one than git has."""
    beside = release.files.beside
    for name in beside.overrides:
        if name not in beside.tracked:
            yield f"{name} in {target.source} is none of compose_files"
    if beside.repository:
        lost = [name for name in target.compose_files if name not in beside.tracked]
        yield from (f"{name} is not tracked by git" for name in lost)
        for name in beside.untracked:
            yield f"{name}, which an include reads its variables from, is not tracked by git"


@pytest.mark.offline(without="files, variables and containers on the target")
@pytest.mark.check(
    "compose.reproducible",
    reason="L8: a temporary override made a deployment right; without it, the next one built something else.",
    fix="Move what is needed into a file that compose_files names and git tracks, and remove the rest.",
)
def test_compose_reproducible(target: Target, release: Release, expect: Expect) -> None:
    """What would be deployed is what git has; no file or variable on the target makes it another stack."""
    wrong: list[str] = []
    # Of files that are not there nothing is to be said but that.
    _ = release.files.flat
    if not release.offline:
        _ = release.folder.path
        wrong += _changed_there(target, release)
    wrong += _changed_here(target, release)
    good = f"{', '.join(target.compose_files)} alone, " + (
        "tracked by git" if release.files.beside.repository else "in no git repository"
    )
    expected = "only compose_files, the target file and the env file decide what runs"
    expect(not wrong, wrong, found=good, expected=expected)
    by_hand = {} if release.offline else added(release.host.project(target.project).containers, target)
    for file, held in sorted(by_hand.items()):
        names = ", ".join(sorted(one.name for one in held))
        said = f"{names} started with {file}, which is none of compose_files"
        expect(False, said, expected=expected, fix=without(by_hand, target))
    kept = release.files.beside.overrides
    expect(
        not kept,
        found=f"git tracks {', '.join(kept)}, which is none of compose_files" if kept else good,
        expected=expected,
        fix="Compose run by hand adds that file: name it in compose_files, or rename one for development.",
        severity="warning",
    )


ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
"""What names an image by its id (moby, an image's name must not be one)."""


def shared(built: Iterable[Service]) -> list[str]:
    """Return a sentence for each image name under which different builds would be tagged.

    A release gives its own tag to what it builds, so different tags make no different names.
    """
    by_image: dict[str, list[Service]] = {}
    for service in built:
        by_image.setdefault(repository(service.image), []).append(service)
    wrong = []
    for _, made in sorted(by_image.items()):
        if any(one.build != made[0].build for one in made):
            names = sorted({one.image for one in made})
            several = len(names) > 1
            end = ", and a release's tag takes the place of theirs" if several else ""
            how = f"{'are' if several else 'is'} built in different ways by"
            services = ", ".join(sorted(one.name for one in made))
            wrong.append(f"{' and '.join(names)} {how} {services}{end}")
    return wrong


@pytest.mark.offline(without="the env file on the target: variables have the values of the env example")
@pytest.mark.check(
    "compose.images_named",
    reason="L5: under a name that two builds share, or that cannot be tagged, the old image went on running.",
    fix="Give each of these services an image name in the compose file, one of its own where it is built, "
    "without a digest.",
)
def test_compose_images_named(release: Release, expect: Expect) -> None:
    """Each service that is built has an image name under which its release can be told apart."""
    model = release.model
    built = [model.services[name] for name in model.built()]
    wrong = shared(built)
    wrong += [
        f"{one.name}: {one.image} is an id, which one engine alone knows an image by"
        for one in model.services.values()
        if ID.fullmatch(one.image)
    ]
    for one in built:
        if not TAGGABLE.fullmatch(one.image):
            why = "has a digest" if "@" in one.image else "cannot be tagged"
            wrong.append(f"{one.name}: {one.image} {why}")
    names = [f"{one.image}{'' if one.named else ' (named by Compose)'}" for one in built]
    expect(
        not wrong,
        wrong,
        found=", ".join(dict.fromkeys(names)) or "no service is built",
        expected="for each build an image name that can be tagged",
    )
