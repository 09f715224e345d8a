"""Whether certificates hold for a while."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from gonogo.deploy.facts import Facts
from gonogo.deploy.probes.certificates import Certificate, servers
from gonogo.deploy.target import Target


def told(one: Certificate, now: datetime.datetime) -> str:
    """Return server, days left and last day of a certificate for a message, or why there is none."""
    if one.ends is None:
        return f"{one.server}: {one.error}"
    days = (one.ends - now).days
    left = f"ends in {days} days" if days >= 0 else f"ended {-days} days ago"
    return f"the certificate of {one.server} {left}, on {one.ends:%Y-%m-%d}"


@pytest.mark.check(
    "tls.expiry",
    reason="A certificate that ends shortly after a deployment is taken for the deployment's fault.",
    fix="Renew the certificate (`certbot renew`, or where your proxy keeps it) and let the server load it.",
)
def test_tls_expiry(facts: Facts, target: Target, expect: Callable[..., None]) -> None:
    """The certificates of https health endpoints and of [tls] hosts are valid for some days more."""
    if not servers(target):
        pytest.skip("no health endpoint is https, and [tls] names no hosts")
    least = datetime.timedelta(days=target.tls.days)
    soon = [one for one in facts.certificates if one.ends is None or one.ends - facts.now < least]
    expect(
        not soon,
        found="; ".join(told(one, facts.now) for one in soon or facts.certificates),
        expected=f"certificates that are valid for {target.tls.days} days or more",
    )
