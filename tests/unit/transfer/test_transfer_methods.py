"""What the methods ask for and say: command lines of the registry method, and which layers are left out."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.transfer import pulling, registry, tar
from gonogo.deploy.transfer.client import Given, logged_in
from gonogo.deploy.transfer.gzipped import gzipped
from gonogo.deploy.transfer.layers import Kept, LeftOut, chains, described
from gonogo.deploy.transfer.progress import TransferProgress
from gonogo.deploy.transfer.tar_members import Member

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
UNNAMED = {
    "id": "2e6a47d7f55a1c4f52b79fa5076a75a5711de65eb38af3691ad3c49b91dcea72",
    "parent": "a0e8d82b71850aff1a6b2400b08e27f978a4cee9c9d2049873093e27e90071e6",
    "created": "1970-01-01T00:00:00Z",
    "container_config": {
        **{"Hostname": "", "Domainname": "", "User": "", "AttachStdin": False, "AttachStdout": False},
        **{"AttachStderr": False, "Tty": False, "OpenStdin": False, "StdinOnce": False, "Env": None},
        **{"Cmd": None, "Image": "", "Volumes": None, "WorkingDir": "", "Entrypoint": None},
        **{"OnBuild": None, "Labels": None},
    },
    "os": "linux",
}
"""As Docker 20.10.24 wrote it for the second of these layers."""
REAL = [
    "sha256:d580bbb64b23649ff8b8fe800af02e7496730e856deaa31bb3216fd8b998e8e2",
    "sha256:4ce5a4be1805beade2974bea99ae66576de644c2a78135802d387a5202693473",
]


def left(images: list[list[str]], there: set[str]) -> LeftOut:
    sieve = LeftOut()
    sieve.leave(images, Kept(frozenset(there)))
    return sieve


def drops(sieve: LeftOut, member: Member) -> bool:
    return sieve.head(member) == b""


def layer(folder: str) -> Member:
    return Member(f"{folder}/layer.tar", 1000, b"head")


def blob(digest: str) -> Member:
    return Member(f"blobs/sha256/{digest.removeprefix('sha256:')}", 1000, b"head")


def test_a_chain_id_is_of_all_that_lies_below() -> None:
    second = "sha256:" + hashlib.sha256(f"{A} {B}".encode()).hexdigest()
    assert chains([A, B]) == [A, second]
    assert chains([B, A])[1] != second
    assert chains([]) == []


def test_the_folder_of_a_layer_is_known_by_its_description() -> None:
    text = json.dumps(UNNAMED, separators=(",", ":")).encode()
    found = described(str(UNNAMED["id"]), text, chains(REAL))
    assert found == chains(REAL)[1]
    assert described("f" * 64, text, chains(REAL)) == ""
    assert described(str(UNNAMED["id"]), text, [A, B]) == ""
    for rubbish in (b"", b"[1]", b"{}", b"null", b"\xff"):
        assert described(str(UNNAMED["id"]), rubbish, chains(REAL)) == ""


def test_a_layer_is_dropped_once_it_is_known_and_there() -> None:
    folder = str(UNNAMED["id"])
    text = json.dumps(UNNAMED, separators=(",", ":")).encode()
    for there, yes in ((set(chains(REAL)), True), ({REAL[1]}, False), (set(), False)):
        sieve = left([REAL], there)
        assert not drops(sieve, layer(folder)), "nobody knows yet what it is"
        assert sieve.reads(Member(f"{folder}/json", len(text), b""))
        sieve.read(Member(f"{folder}/json", len(text), b""), text)
        assert drops(sieve, layer(folder)) is yes
        assert (sieve.dropped, sieve.layers) == (int(yes), 2)


def test_a_layer_upon_another_one_is_not_the_same() -> None:
    """Both images hold B, and the archive holds it once: it goes along as long as one of them lacks it."""
    sieve = left([[A, B], [C, B]], set(chains([A, B])))
    assert drops(sieve, blob(A))
    assert not drops(sieve, blob(B))
    assert not drops(sieve, blob(C))
    assert drops(left([[A, B], [C, B]], set(chains([A, B]) + chains([C, B]))), blob(B))


@pytest.mark.parametrize("name", ["manifest.json", "a/layer.tar", "blobs/sha256/x", f"{'a' * 64}/VERSION"])
def test_other_members_stay(name: str) -> None:
    assert not drops(left([[A]], {A}), Member(name, 1, b"head"))
    assert not left([[A]], {A}).reads(Member(name, 1, b""))


def test_what_is_compressed_is_what_was_read_and_a_fault_is_no_end() -> None:
    data = b"layer" * 500_000
    stream = gzipped(io.BytesIO(data))
    assert gzip.decompress(b"".join(iter(lambda: stream.read(1), b""))) == data

    class Fault(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if found := super().read(size):
                return found
            raise GonogoError("damaged")

    stream = gzipped(Fault(data))
    with pytest.raises(GonogoError, match="damaged"):
        b"".join(iter(lambda: stream.read(1), b""))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (tar.Sent(), "every image is there already"),
        (tar.Sent(("a",), 1_240_000, 5, 4), "1 images, 1.2 MB; 4 of 5 layers were there already"),
        (
            tar.Sent(("a", "b"), 80_000_000, whole="open layer.tar: no such file or directory"),
            "2 images, 80.0 MB; sent whole, since the engine takes no archive without its base layers "
            "(open layer.tar: no such file or directory)",
        ),
        (tar.Sent(("a",), 1_000_000, again="x"), "1 images, 1.0 MB; sent again, since the first time x"),
    ],
)
def test_a_transfer_tells_what_it_did(sent: tar.Sent, told: str) -> None:
    assert sent.told == told


FAKE = """#!/bin/sh
echo "$DOCKER_CONFIG $*" >> "$LOG"
case $1 in
login) cat > "$LOG.password"; cat "$DOCKER_CONFIG/config.json" > "$LOG.config"; exit ${LOGIN:-0} ;;
pull) [ ! -t 0 ] && [ "$4" != "${BAD:-}" ] ;;
push) echo "v: digest: sha256:%s size: 1"; exit ${PUSH:-0} ;;
esac
""" % ("1" * 64)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Docker client that keeps what it was asked, and with which configuration."""
    (tmp_path / "docker").write_text(FAKE)
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "tmp").mkdir()
    for name, value in {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "LOG": tmp_path / "log",
        "HOME": tmp_path,
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("DOCKER_CONFIG", "/users/own")
    return tmp_path / "log"


def pulled(names: list[str], user: str = "") -> int:
    line = pulling.line(names, "r.example.com", user)
    return subprocess.run(["sh", "-c", line], input=b"pass", capture_output=True, check=False).returncode


def test_the_target_is_logged_in_for_the_pull_alone(fake: Path) -> None:
    assert pulled(["r.example.com/a@sha256:1", "r.example.com/b@sha256:2"], "ada's") == 0
    lines = [line.split(" ", 1) for line in fake.read_text().splitlines()]
    assert [said for _, said in lines] == [
        "login -u ada's --password-stdin r.example.com",
        "pull -q -- r.example.com/a@sha256:1",
        "pull -q -- r.example.com/b@sha256:2",
        "logout r.example.com",
    ]
    assert len({folder for folder, _ in lines}) == 1
    assert not Path(lines[0][0]).exists()
    assert list((fake.parent / "tmp").iterdir()) == []
    assert (fake.parent / "log.password").read_text() == "pass"
    assert json.loads((fake.parent / "log.config").read_text()) == {"auths": {"r.example.com": {}}}


def test_without_a_login_the_targets_own_holds(fake: Path) -> None:
    assert pulled(["r.example.com/a@sha256:1"]) == 0
    assert fake.read_text() == "/users/own pull -q -- r.example.com/a@sha256:1\n"


@pytest.mark.parametrize(("how", "code"), [({"LOGIN": "1"}, 3), ({"BAD": "a"}, 4)])
def test_a_pull_that_fails_leaves_no_login(
    fake: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, str], code: int
) -> None:
    for name, value in how.items():
        monkeypatch.setenv(name, value)
    assert pulled(["a", "b"], "ada") == code
    assert fake.read_text().splitlines()[-1].endswith("logout r.example.com")
    assert list((fake.parent / "tmp").iterdir()) == []


def test_this_machine_is_logged_in_in_a_folder_of_its_own(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = fake.parent / "own"
    (own / "contexts").mkdir(parents=True)
    (own / "config.json").write_text('{"currentContext": "c", "credsStore": "pass", "auths": {"x": {}}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(own))
    with logged_in("r.example.com", Given("ada", "pass")) as folder:
        assert folder and folder.stat().st_mode & 0o777 == 0o700
        assert json.loads((folder / "config.json").read_text()) == {
            "auths": {"r.example.com": {}},
            "currentContext": "c",
        }
        assert (folder / "config.json").stat().st_mode & 0o777 == 0o600
        assert (folder / "contexts").resolve() == own / "contexts"
    assert not folder.exists()
    assert [line.split()[1] for line in fake.read_text().splitlines()] == ["login", "logout"]
    assert "pass" not in fake.read_text().replace("--password-stdin", "")
    assert "pass" not in repr(Given("ada", "pass"))


def test_a_login_that_is_refused_here_is_one_sentence(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGIN", "1")
    said = "this machine: docker login to r.example.com as ada failed: it said nothing"
    with pytest.raises(GonogoError, match=said), logged_in("r.example.com", Given("ada", "pass")):
        pass
    assert list((fake.parent / "tmp").iterdir()) == []


def test_where_the_sdk_reaches_no_engine_the_client_pushes_and_that_is_said(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://builder.example.com")
    warnings: list[str] = []
    progress = TransferProgress(warn=warnings.append)
    name, given = "r.example.com/a:v", Given("ada", "pass")
    assert registry.push("sha256:x", name, given, progress) == f"r.example.com/a@sha256:{'1' * 64}"
    (warning,) = warnings
    assert warning.startswith("no Docker Engine answers on this machine (")
    assert warning.endswith(f": Docker's client pushes {name}, which tells no bytes")
    said = [line.split(" ", 1)[1] for line in fake.read_text().splitlines()]
    login = "login -u ada --password-stdin r.example.com"
    assert said == [f"tag sha256:x {name}", login, f"push {name}", "logout r.example.com"]
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")
    registry.push("sha256:x", name, None, progress)
    assert warnings[1].startswith("DOCKER_CONTENT_TRUST is set here")
    monkeypatch.setenv("PUSH", "1")
    with pytest.raises(GonogoError, match=r"docker push r\.example\.com/a:v failed on this machine"):
        registry.push("sha256:x", name, None)
