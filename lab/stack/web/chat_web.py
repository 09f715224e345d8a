"""The chat's page: it asks the API how it is and shows it."""

import html
import json
import os
import urllib.error
import urllib.request

from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

VERSION = "1.0.0"
TITLE = "Chat"


def page(_request):
    """Return the page, 502 when the API does not answer as healthy."""
    try:
        with urllib.request.urlopen(f"{os.environ['API_URL']}/api/health", timeout=3) as answer:
            api = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return HTMLResponse(f"<h1>{TITLE}</h1><p>The chat is not available right now.</p>", 502)
    said = html.escape(f"{api['status']}, version {api['version']}")
    return HTMLResponse(f"<!doctype html><title>{TITLE} {VERSION}</title><h1>{TITLE}</h1><p>API: {said}</p>")


app = Starlette(routes=[Route("/", page)])
