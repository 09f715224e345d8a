"""A session of requests that may be used while another thread changes the environment variables."""

from __future__ import annotations

from typing import Any

import requests

from gonogo.deploy.host.own_variables import steady


class Session(requests.Session):
    """As requests' own, which looks through all variables for proxies: see ``own_variables``."""

    def merge_environment_settings(self, *args: Any, **kwargs: Any) -> Any:
        """Return the settings of a request, with the proxies that the variables name."""
        merge: Any = super().merge_environment_settings
        return steady(lambda: merge(*args, **kwargs))

    def rebuild_proxies(self, *args: Any, **kwargs: Any) -> Any:
        """Return the proxies for where a redirect leads."""
        rebuild: Any = super().rebuild_proxies
        return steady(lambda: rebuild(*args, **kwargs))
