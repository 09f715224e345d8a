"""What happens to the shop of the documents between two commands: orders, new versions, customers."""

from __future__ import annotations

from tests.lab import orders
from tests.lab.newcomer import Newcomer


def order(you: Newcomer) -> None:
    """Let customers order."""
    you.there(f'docker exec -i shop-web-1 python - <<"END"\n{orders.ORDERS}\nEND')


def release(you: Newcomer, version: int, broken: bool = False, warm_up_s: int = 0) -> None:
    """Let a version of the shop lie in its folder, committed; it is not healthy before ``warm_up_s``."""
    assert "= 1, False, 0" in orders.APP
    text = orders.APP.replace("= 1, False, 0", f"= {version}, {broken}, {warm_up_s}")
    you.lay({"app.py": text}, f"Version {version}")


def page(you: Newcomer) -> str:
    """What a customer sees; the status comes first."""
    return you.there("curl -s -w '%{http_code} ' -o /tmp/page http://127.0.0.1:8080/; cat /tmp/page")
