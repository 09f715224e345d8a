"""What the documents show that changes the server for good: another password, and gonogo taken off."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator

import pytest

from lab import host
from tests import documents
from tests.lab import orders
from tests.lab.newcomer import Newcomer, newcomer
from tests.lab.shopkeeping import order, page, release

pytestmark = pytest.mark.lab
NAME = f"t-docs-server-{os.getpid()}"
DOCS = documents.ROOT / "docs"
SEND = "ssh you@server 'umask 077 && cat > /srv/shop/.env' < .env.production"
INIT = "gonogo init --host ssh://you@server --path /srv/shop --env-file .env"


@pytest.fixture(scope="module")
def you(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """Somebody whose shop was deployed, and has seven orders."""
    with newcomer(NAME, tmp_path_factory.mktemp("docs")) as found:
        found.lay(orders.FILES, "The shop")
        (found.stack / ".env.production").write_text(orders.ENV)
        status, output = found.types(f"{SEND} && {INIT} && gonogo deploy shop --yes", found.stack)
        assert status == 0, output
        order(found)
        yield found


MONGOSH = r"""#!/usr/bin/env python3
import re, sys, termios
from pymongo import MongoClient

def secret(told):
    print(told, flush=True)
    return sys.stdin.readline().rstrip()

given = termios.tcgetattr(0)
given[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, given)
name, user, where, source, database = sys.argv[1:]
assert (name, where) == ("--username", "--authenticationDatabase"), sys.argv
login = {"username": user, "password": secret("Enter password:"), "authSource": source}
db = MongoClient("127.0.0.1", **login)[database]
line = sys.stdin.readline().strip()
created = r'db.createUser\({user: "(\w+)", pwd: passwordPrompt\(\), roles: \["(\w+)"\]}\)'
if made := re.fullmatch(created, line):
    db.command("createUser", made[1], pwd=secret("Enter password"), roles=[made[2]])
elif gone := re.fullmatch(r'db.dropUser\("(\w+)"\)', line):
    db.command("dropUser", gone[1])
else:
    sys.exit(f"what is {line}?")
print("{ ok: 1 }")
"""
"""Stands in for MongoDB's own shell, which no image of the lab has: it knows the lines of the document."""
SECRETS = {"shop": "a-password-of-the-lab", "shop2": "another-password-of-the-lab"}


def with_mongosh(you: Newcomer) -> None:
    host.put(NAME, "/tmp/mongosh", MONGOSH.encode(), mode="0755", owner="root:root")
    you.there("docker cp -q /tmp/mongosh shop-db-1:/usr/local/bin/mongosh")


def test_changing_the_password(you: Newcomer) -> None:
    good = page(you)
    found = documents.blocks(DOCS / "password.md")
    line = [block.text for block in found if block.language == "text"]
    back_up, make, edit, deploy, check, rollback, drop = (b.text for b in found if b.language == "sh")
    (waiver,) = (block.text for block in found if block.language == "toml")

    def typed(text: str, answers: str = "", status: int = 0) -> str:
        ended, output = you.types(text, you.stack, answers)
        assert ended == status, output
        return output

    typed(back_up)
    with_mongosh(you)
    typed(make, f"{SECRETS['shop']}\n{line[0]}{SECRETS['shop2']}\n")
    env = you.stack / ".env.production"
    env.write_text(f"DB_USER=shop2\nDB_PASSWORD={SECRETS['shop2']}\n")
    typed(edit)
    assert page(you) == good
    release(you, 20)
    said = typed(f"{deploy.strip()} --yes", status=1)
    assert "environment.parity" in said
    assert "is not the one that db was initialised with" in said
    target = you.stack / "gonogo" / "shop.toml"
    before = target.read_text()
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    target.write_text(before + re.sub(r"\d{4}-\d\d-\d\d", tomorrow.isoformat(), waiver))
    typed(deploy, "y\n")
    assert page(you) == "200 shop 20, 7 orders"
    target.write_text(before)
    assert "GO" in typed(check)

    typed(rollback)
    assert page(you) == good, "the old user is still there"
    release(you, 21)
    target.write_text(before + re.sub(r"\d{4}-\d\d-\d\d", tomorrow.isoformat(), waiver))
    typed(deploy, "y\n")
    target.write_text(before)
    with_mongosh(you)
    typed(drop, f"{SECRETS['shop2']}\n{line[1]}")
    names = you.there("ls /srv/shop/.deploy/releases | grep -v rollback").split()
    first = min(names, key=lambda name: name.partition("-")[2])
    said = typed(f"gonogo rollback shop --to {first}", status=3)
    assert "the password of MongoDB was changed since" in said
    assert page(you) == "200 shop 21, 7 orders"
    as_new = drop
    with_mongosh(you)
    typed(as_new, f"{SECRETS['shop2']}\n{line[2]}{SECRETS['shop']}\n")
    said += typed(f"gonogo rollback shop --to {first}")
    assert page(you) == good
    for secret in SECRETS.values():
        assert secret not in said


def test_taking_gonogo_off(you: Newcomer) -> None:
    good, runs = page(you), you.there("docker ps --no-trunc -q | sort")
    kept = sorted(you.there("ls /srv/shop/.deploy/backups 2>/dev/null || true").split())
    (block,) = [b for b in documents.blocks(DOCS / "runbook.md") if b.section == documents.TAKEN_OFF]
    status, output = you.types(block.text, you.stack, "y\n")
    assert status == 0, output
    assert "removed the journal" in output
    assert (page(you), you.there("docker ps --no-trunc -q | sort")) == (good, runs)
    assert sorted(you.there("ls /srv/shop/.deploy/backups 2>/dev/null || true").split()) == kept
    assert you.there("ls -A /srv/shop/.deploy 2>/dev/null || true").split() == (["backups"] if kept else [])
    # What runs has the first password, and the env file another one, where that was changed before.
    (you.stack / ".env.production").write_text(orders.ENV)
    again = f"gonogo forget shop --backups --yes && {SEND} && gonogo deploy shop --yes"
    status, output = you.types(again, you.stack)
    assert status == 0, output
    assert page(you).endswith("7 orders")
