"""A client of a registry's HTTP API: the OCI distribution specification and Docker's token protocol.

It only reads. Apart, because requests takes long to import and few targets have a registry.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from gonogo.deploy.host import http_client
from gonogo.deploy.host.http_session import Session
from gonogo.deploy.host.logins import Login
from gonogo.deploy.host.registry_auth import NoAnswer, Refused, allowed, basic, challenge

TIMEOUT_S = 10.0
MOST = 4 << 20
"""Bytes of the largest manifest that the distribution specification asks registries to take."""
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
API_HOSTS = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}
"""Docker Hub answers its API under another name than the one in its images."""


@dataclass(frozen=True)
class Way:
    """How a registry is reached: its host as it stands in image names, without TLS or with it.

    ``port``: of this machine's 127.0.0.1, where a forward leads to it; ``certificates``: those of
    authorities that are trusted beside the system's, in PEM.
    """

    host: str
    plain: bool = False
    port: int | None = None
    certificates: str = ""

    @property
    def address(self) -> str:
        """The host and port that answer the API."""
        return API_HOSTS.get(self.host, self.host)


class Answer(NamedTuple):
    """What a registry answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class _Adapter(HTTPAdapter):
    """Speaks TLS with the registry's name, also where a forward is reached as 127.0.0.1."""

    def __init__(self, name: str, certificates: str) -> None:
        self._more: dict[str, Any] = {"server_hostname": name, "assert_hostname": name}
        context = ssl.create_default_context()
        if certificates:
            context.load_verify_locations(cadata=certificates)
        self._more["ssl_context"] = context
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **self._more, **more)


class Registry:
    """A session with one registry; a context manager. Tokens are kept as long as it lasts."""

    def __init__(self, way: Way, login: Login | None = None, timeout: float = TIMEOUT_S) -> None:
        """Begin a session, which asks nothing yet; raises NoAnswer for certificates that are none."""
        self._way, self._login, self._timeout = way, login, timeout
        self._session = Session()
        # Else requests takes passwords from ~/.netrc, which Docker knows nothing of.
        self._session.auth = lambda request: request
        self._session.headers["User-Agent"] = "gonogo"
        self._challenge: tuple[str, dict[str, str]] | None = None
        self._tokens: dict[str, str] = {}
        scheme = "http" if way.plain else "https"
        self._base = f"{scheme}://{way.address}"
        if way.port is not None:
            self._base = f"{scheme}://127.0.0.1:{way.port}"
            self._session.trust_env = False  # a proxy of this machine has no business on a forward
            self._session.headers["Host"] = way.address
        if not way.plain:
            name = urlsplit(f"//{way.address}").hostname or way.address
            try:
                self._session.mount(self._base, _Adapter(name, way.certificates))
            except ssl.SSLError:
                raise NoAnswer(f"the certificates that Docker trusts for {way.host} cannot be read") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def greet(self) -> str:
        """Return how the registry wants a login: "basic", "bearer" or, for none, ""; raises NoAnswer."""
        answer = self._get(f"{self._base}/v2/")
        if answer.status == 401:
            self._challenge = challenge(answer.headers.get("WWW-Authenticate", ""))
        elif answer.status == 200:
            self._challenge = "", {}
        else:
            raise NoAnswer(f"{self._way.host} answered HTTP {answer.status} to /v2/: it is no registry")
        return self._challenge[0]

    def check_login(self, repository: str) -> None:
        """Raise Refused unless the login is accepted, for pushing to this repository where that is said."""
        scheme = self._challenge[0] if self._challenge else self.greet()
        if scheme == "basic":
            answer = self._get(f"{self._base}/v2/", self._header(repository))
            if answer.status in (401, 403):
                raise Refused(f"{self._way.host} refuses the login")
        elif scheme == "bearer":
            actions = allowed(self._token(repository), repository)
            if actions is not None and "push" not in actions:
                raise Refused(f"{self._way.host} does not let the login push to {repository}")

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest of what a tag names, empty when there is none; raises Refused, NoAnswer."""
        answer = self._manifest(repository, tag, "HEAD")
        return answer.headers.get("Docker-Content-Digest", "there") if answer is not None else ""

    def image_id(self, repository: str, tag: str) -> str:
        """Return the id of the image that a tag names; empty for a list of images, or none at all."""
        answer = self._manifest(repository, tag, "GET")
        try:
            found = json.loads(answer.content) if answer is not None else {}
            return str((found.get("config") or {}).get("digest") or "")
        except (ValueError, AttributeError):
            raise NoAnswer(
                f"{self._way.host} has no manifest that can be read for {repository}:{tag}"
            ) from None

    def _manifest(self, repository: str, tag: str, method: str) -> Answer | None:
        url = f"{self._base}/v2/{repository}/manifests/{tag}"
        answer = self._get(url, {"Accept": MANIFESTS, **self._header(repository)}, method=method)
        if answer.status in (401, 403):
            raise Refused(f"{self._way.host} does not let the login see {repository}")
        if answer.status not in (200, 404):
            raise NoAnswer(f"{self._way.host} answered HTTP {answer.status} for {repository}:{tag}")
        return answer if answer.status == 200 else None

    def _header(self, repository: str) -> dict[str, str]:
        scheme = self._challenge[0] if self._challenge else self.greet()
        if scheme == "bearer":
            return {"Authorization": f"Bearer {self._token(repository)}"}
        return basic(self._login) if scheme == "basic" and self._login else {}

    def _token(self, repository: str) -> str:
        """Return a token for a repository (Docker's token authentication, and its OAuth2 variant)."""
        if repository in self._tokens:
            return self._tokens[repository]
        given = self._challenge[1] if self._challenge else {}
        realm, login = given.get("realm", ""), self._login
        if urlsplit(realm).scheme != "https" and not (self._way.plain and urlsplit(realm).scheme == "http"):
            raise NoAnswer(f"{self._way.host} wants logins sent to {realm or 'nowhere'}, which is not https")
        asked = {"service": given.get("service", ""), "scope": f"repository:{repository}:pull,push"}
        if login and login.token:
            form = {**asked, "grant_type": "refresh_token", "refresh_token": login.token}
            answer = self._get(realm, method="POST", data={**form, "client_id": "gonogo"})
        else:
            answer = self._get(realm, basic(login) if login else {}, params=asked)
        if answer.status != 200:
            raise Refused(
                f"{urlsplit(realm).netloc}, which {self._way.host} sends logins to, refuses this one"
            )
        try:
            found = json.loads(answer.content)
            token = str(found.get("token") or found["access_token"])
        except (ValueError, KeyError, AttributeError):
            raise NoAnswer(f"{urlsplit(realm).netloc} gave no token for {self._way.host}") from None
        self._tokens[repository] = token
        return token

    def _get(
        self, url: str, headers: dict[str, str] | None = None, *, method: str = "GET", **more: Any
    ) -> Answer:
        deadline = time.monotonic() + self._timeout
        more = {
            "headers": headers,
            "timeout": self._timeout,
            "allow_redirects": False,
            "stream": True,
            **more,
        }
        try:
            with self._session.request(method, url, **more) as answer:
                content = http_client.body(answer, deadline, MOST + 1)
        except (requests.RequestException, HTTPError) as error:
            raise NoAnswer(_why(error, self._way.host, self._timeout)) from None
        if len(content) > MOST:
            raise NoAnswer(f"{self._way.host} answered with more than {MOST} bytes, which no registry does")
        return Answer(answer.status_code, answer.headers, content)


def _why(error: Exception, host: str, limit: float) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        match = re.search(r"certificate verify failed: ([^(\"']+)|(WRONG_VERSION_NUMBER)", str(error))
        if match and match[2]:
            return f"{host} does not speak TLS"
        if "EOF" in str(error):
            return f"nothing answers at {host}"
        return f"TLS with {host} failed: {match[1].strip() if match else type(error).__name__}"
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return f"{host} did not answer within {limit:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy on the way to {host} does not answer"
    return f"nothing answers at {host}"
