"""Argument lists for ssh, and what its last words mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.deploy.errors import UsageError
from gonogo.deploy.ssh import openssh
from tests.unit.tables import every

HERE = Path("/run/x/m")


@every(
    "host, arguments",
    [
        ("ssh://me@example.org:2222", ["-l", "me", "-p", "2222", "--", "example.org"]),
        ("ssh://example.org", ["--", "example.org"]),
        ("ssh://me@[fe80::1]:22/", ["-l", "me", "-p", "22", "--", "fe80::1"]),
        ("alias", ["--", "alias"]),
        ("me@alias", ["-l", "me", "--", "alias"]),
        ("my_host-2.internal", ["--", "my_host-2.internal"]),
    ],
)
def test_a_host_becomes_arguments(host: str, arguments: list[str]) -> None:
    assert openssh.parse(host).arguments == arguments


@every(
    "host",
    [
        "-oProxyCommand=x",
        "ssh://-oProxyCommand=x/",
        "ssh://-x@h",
        "-x@h",
        "ssh://",
        "ssh://h:99999",
        "ssh://h:port",
        "ssh://h/path",
        "ssh://[fe80::1",
        "a b",
        "a;b",
        "a$(b)",
        "",
        "h\n",
    ],
)
def test_what_is_no_host_is_refused_in_one_sentence(host: str) -> None:
    with pytest.raises(UsageError, match=r"^host .*expected ssh://user@host:port"):
        openssh.parse(host)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="holds a password") as caught:
        openssh.parse("ssh://me:hunter22@h")
    assert "hunter22" not in str(caught.value)


@given(host=st.text(max_size=30))
def test_no_host_reaches_ssh_as_an_option(host: str) -> None:
    try:
        destination = openssh.parse(host)
    except UsageError:
        return
    assert destination.arguments[-2] == "--"
    assert not destination.host.startswith("-")
    assert not (destination.user or "").startswith("-")


def options(argv: list[str]) -> dict[str, str]:
    return dict(argv[place + 1].split("=", 1) for place, part in enumerate(argv) if part == "-o")


def test_the_master_never_asks_and_never_loosens_host_keys() -> None:
    argv = openssh.master(openssh.parse("ssh://me@h:1"), Path("/c/ssh_config"), HERE, Path("/run/x/log"), 10)
    assert argv[:3] == ["ssh", "-F", "/c/ssh_config"]
    found = options(argv)
    assert (found["BatchMode"], found["ConnectTimeout"], found["ControlPersist"]) == ("yes", "10", "no")
    assert int(found["ServerAliveInterval"]) * int(found["ServerAliveCountMax"]) <= 12
    assert "StrictHostKeyChecking" not in found
    assert "UserKnownHostsFile" not in found
    assert argv[-3:] == ["--", "h", "exec sh"]


def test_a_session_never_connects_by_itself() -> None:
    for argv in (openssh.client(HERE), openssh.control(HERE, "check")):
        assert options(argv)["ProxyCommand"] == "exit 1"
        assert argv[argv.index("-S") + 1] == str(HERE)


def test_an_identity_tells_targets_apart() -> None:
    names = {
        openssh.identity("a", None),
        openssh.identity("b", None),
        openssh.identity("a", Path("/c")),
        openssh.identity("a", Path("/d")),
    }
    assert len(names) == 4
    assert openssh.identity("a", Path("/c")) == openssh.identity("a", Path("/c"))


def test_what_to_type_by_hand_can_be_pasted() -> None:
    destination = openssh.parse("ssh://me@h:23")
    assert destination.by_hand(None) == "ssh -p 23 me@h"
    assert destination.by_hand(Path("/a b/c")) == "ssh -F '/a b/c' -p 23 me@h"
    assert openssh.parse("alias").by_hand(None) == "ssh alias"


def test_a_session_that_is_refused_names_the_setting() -> None:
    words = "mux_client_request_session: session request failed: Session open refused by peer\nkex"
    assert "MaxSessions" in openssh.session_words(words)
    assert openssh.session_words("a\nb\n") == "b"
    assert openssh.session_words("") == "it said nothing"


SAID = [
    ("ssh: Could not resolve hostname nowhere.invalid: Name or service not known", "does not resolve"),
    ("ssh: connect to host h port 22: Connection refused", "nothing listens"),
    ("ssh: connect to host h port 22: Connection timed out", "did not answer within 7 s"),
    ("Connection timed out during banner exchange\nConnection to h port 22 timed out", "did not answer"),
    ("Timeout, server h not responding.", "did not answer"),
    ("ssh: connect to host h port 22: No route to host", "no route"),
    ("No ED25519 host key is known for h\nHost key verification failed.", "not known here yet"),
    (
        "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
        "not the one in known_hosts",
    ),
    ("me@h: Permission denied (publickey).", "refused the login"),
    ("/c: line 3: Bad configuration option: prot\n/c: terminating", "configuration is not usable"),
    ("Can't open user config file /c: No such file", "configuration is not usable"),
    ("Connection to h closed by remote host.", "closed the connection"),
    ("kex_exchange_identification: Connection closed by remote host", "closed the connection"),
    ("something\nno matching cipher found", "no matching cipher found"),
    ("", "ssh ended without a word"),
]


@every("words, clause", SAID)
def test_last_words_become_a_cause_and_what_to_do(words: str, clause: str) -> None:
    cause = openssh.diagnosis(words, "ssh -p 23 me@h", 7)
    assert clause in cause
    assert "\n" not in cause


def test_only_a_host_key_is_judged_by_its_check() -> None:
    def check(words: str) -> str:
        return openssh.judged_by(openssh.diagnosis(words, "ssh web", 5))

    assert check("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @") == "ssh.host_key"
    assert check("No ED25519 host key is known for web\nHost key verification failed.") == "ssh.host_key"
    assert check("connect to host web port 22: Connection refused") == "ssh.reachable"
    assert check("something new") == "ssh.reachable"
