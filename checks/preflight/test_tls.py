"""Whether certificates hold for a while."""

from __future__ import annotations

import datetime
from functools import partial

import pytest

from gonogo.checks.plugin.declared import servers
from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.host.answers import ahead
from gonogo.deploy.host.certificate import Shown
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.target import Target


def told(one: Shown, now: datetime.datetime) -> str:
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
def test_tls_expiry(host: Host, controller: Host, target: Target, expect: Expect) -> None:
    """The certificates of https health endpoints and of [tls] hosts are valid for some days more."""
    wanted = [host.certificate(server) for server in servers(target)]
    if not wanted:
        pytest.skip("no health endpoint is https, and [tls] names no hosts")
    now, least = controller.clock.now, datetime.timedelta(days=target.tls.days)
    ahead(partial(getattr, one, "shown") for one in wanted)
    found = [one.shown for one in wanted]
    soon = [one for one in found if one.ends is None or one.ends - now < least]
    expect(
        not soon,
        [told(one, now) for one in soon],
        found="; ".join(told(one, now) for one in found),
        expected=f"certificates that are valid for {target.tls.days} days or more",
    )
