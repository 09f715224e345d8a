"""Whether the registry that the target file names can take this release and give it to the target."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.image_name import misnamed
from gonogo.deploy.compose.model import Model
from gonogo.deploy.errors import Unknown
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target


def _needed(target: Target, model: Model) -> str:
    """Return the registry's host; the check is skipped where there is none, or nothing to put there."""
    if target.registry is None:
        pytest.skip("the target file names no registry")
    if not model.built():
        pytest.skip("no service is built, so nothing goes to the registry")
    return target.registry.host


@pytest.mark.check(
    "registry.configured",
    reason="L5: images under other names than those that the registry has were never the ones that ran.",
    fix="Give each service with a build section an `image:` that begins with the registry's host.",
)
def test_registry_configured(target: Target, release: Release, expect: Expect) -> None:
    """Every image that the stack builds has a name in the registry of the target file."""
    model = release.model
    host = _needed(target, model)
    built = [model.services[name] for name in model.built()]
    wrong = [
        f"service {one.name}: {said if one.named else f'no image is named ({said})'}"
        for one in built
        if (said := misnamed(one.image, host))
    ]
    expect(
        not wrong,
        wrong,
        found=", ".join(sorted({one.image for one in built})),
        expected=f"valid names that begin with {host}/",
    )


@pytest.mark.check(
    "registry.reachable",
    reason="A push or pull that cannot work is better known before the first image is built.",
    fix="Start the registry, open the way to it, or fix its certificate; plain_http is for the loopback.",
)
def test_registry_reachable(
    host: Host, controller: Host, target: Target, release: Release, expect: Expect
) -> None:
    """The registry answers this machine and the target, over TLS unless it is on the loopback."""
    name = _needed(target, release.model)
    there = host.registry(release.registry.name, release.registry.image)
    asked = {
        "this machine": controller.registry(release.registry.name).greeting,
        "the target": there.greeting,
    }
    wrong = [f"from {whence}: {greeting.problem}" for whence, greeting in asked.items() if greeting.problem]
    expect(
        not wrong,
        wrong,
        found=f"{name} answers this machine and the target",
        expected=f"a registry that answers at {name}",
    )


@pytest.mark.check(
    "registry.login",
    reason="A push or pull that is refused is better known before the first image is built.",
    fix="Run `docker login` for the registry there, as the user who deploys; or set its two variables.",
)
def test_registry_login(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """This machine may push the stack's images, and the target may pull them."""
    name = _needed(target, release.model)
    content = release.registry.content
    there = host.registry(release.registry.name, release.registry.image)
    client = there.client
    if there.greeting.problem:
        raise Unknown("registry.reachable", there.greeting.problem)
    wrong = [content.problem] if content.problem else []
    # The target is asked for what is known to be there; a login that it is given only then is proved here.
    own = release.registry.login is None
    if own and (client.refused or (content.named.get(client.image) and not client.seen)):
        has = "is refused with its login" if client.entry else "has no login"
        wrong.append(f"the target's Docker {has} for {name}")
    expect(
        not wrong,
        wrong,
        found=f"{name} lets this machine and the target in",
        expected=f"logins that {name} accepts, on this machine and on the target",
    )


@pytest.mark.check(
    "registry.tag",
    reason="D2: a tag that was made anew named nothing; a tag that is moved makes two releases one.",
    fix="Push the tag that the compose file names, or remove the foreign one from the registry.",
)
def test_registry_tag(target: Target, release: Release, expect: Expect) -> None:
    """The tag of this release is free; with --skip-build, the tags that the compose file names are there."""
    model = release.model
    name = _needed(target, model)
    content = release.registry.content
    if content.problem:
        raise Unknown("registry.login", content.problem)
    pulled = (
        {release.builds.sought(model.services[name]) for name in release.builds.offered}
        if release.images_of
        else set()
    )
    taken = {name: digest for name, digest in content.taken.items() if name not in pulled}
    wrong = [f"{tag} is another image already, {digest}" for tag, digest in sorted(taken.items())]
    if release.skip_build and not release.images_of:
        wrong += [f"{tag} is not there" for tag, there in sorted(content.named.items()) if not there]
    expect(
        not wrong,
        wrong,
        found=f"{content.version} is free in {name}",
        expected="a free tag for this release"
        + (", and what the compose file names, since --skip-build builds nothing" * release.skip_build),
    )
