"""Parsers of the probes, fed with recorded answers, and what they say when docker or df will not answer."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.connection import Result
from deploy.errors import GonogoError
from deploy.model import Port
from deploy.probes import containers, disk, engine, environment, images, listeners
from deploy.probes.listeners import Listener, clashes, overlaps
from tests.unit.stacks import container, target

API = (
    '{"id":"9f1c","name":"/shop-api-1","image":"sha256:11aa","named":"shop-api:2","status":"running",'
    '"exit_code":0,"health":"healthy","started":"2026-01-31T08:05:59.1Z","created":"2026-01-31T08:05:58Z",'
    '"restarts":1,"project":"shop","service":"api","oneoff":"False","hash":"c0ffee","folder":"/srv/shop",'
    '"restart":"unless-stopped","ports":{"8000/tcp":[{"HostIp":"127.0.0.1","HostPort":"8001"}],'
    '"53/udp":[{"HostIp":"","HostPort":"5353"}],"9000/tcp":null},"mounts":[{"Type":"bind",'
    '"Source":"/srv/shop/logs","Destination":"/var/log","Mode":"","RW":true},{"Type":"volume",'
    '"Name":"shop_data","Source":"/var/lib/docker/volumes/shop_data/_data","Destination":"/data","RW":true}],'
    '"networks":{"shop_default":{"IPAddress":"172.18.0.3","Gateway":"172.18.0.1"},"idle":{"IPAddress":""}}}'
)
BARE = (
    '{"id":"77","name":"/old","image":"sha256:22bb","named":"redis:7","status":"exited","exit_code":137,'
    '"health":"","started":"0001-01-01T00:00:00Z","created":"2026-01-31T08:05:58Z","restarts":0,"project":"",'
    '"service":"","oneoff":"","hash":"","folder":"","restart":"no","ports":null,"mounts":[],"networks":{}}'
)


class Target:
    """Answers every command with the same Result and remembers what was asked."""

    host = "web"

    def __init__(self, status: int = 0, out: str = "", err: str = "") -> None:
        self.result = Result(status, out.encode(), err.encode(), 0.0)
        self.asked: list[str] = []

    def run(self, command: str, **_: Any) -> Result:
        self.asked.append(command)
        return self.result


def test_a_container_of_compose_is_read_whole() -> None:
    (one,) = containers.parse(API + "\n")
    assert (one.id, one.name, one.image, one.named) == ("9f1c", "shop-api-1", "sha256:11aa", "shop-api:2")
    assert (one.project, one.service, one.hash, one.folder) == ("shop", "api", "c0ffee", "/srv/shop")
    assert (one.status, one.health, one.restarts, one.restart) == ("running", "healthy", 1, "unless-stopped")
    assert one.ports == (Port("127.0.0.1", 8001, 8000, "tcp"), Port("", 5353, 53, "udp"))
    assert one.mounts == (("volume", "shop_data", "/data"), ("bind", "/srv/shop/logs", "/var/log"))
    assert one.addresses == ("172.18.0.3",)
    assert one.well
    assert one.told == "shop-api-1 (running, healthy)"


def test_a_container_without_labels_belongs_to_no_project() -> None:
    api, bare = containers.parse(f"{API}\n{BARE}\n")
    assert (bare.project, bare.restart, bare.exit_code, bare.ports) == ("", "", 137, ())
    assert containers.of_project([api, bare], "shop") == [api]


def test_a_one_off_container_is_none_of_the_stack() -> None:
    (once,) = containers.parse(API.replace('"oneoff":"False"', '"oneoff":"True"'))
    assert containers.of_project([once], "shop") == []


def test_a_health_check_that_is_none_counts_as_none() -> None:
    (one,) = containers.parse(API.replace('"health":"healthy"', '"health":"none"'))
    assert (one.health, one.well) == ("", True)


def test_a_name_with_a_line_separator_does_not_break_the_line() -> None:
    (one,) = containers.parse(API.replace("/srv/shop/logs", "/srv/a\u0085b"))
    assert ("bind", "/srv/a\u0085b", "/var/log") in one.mounts


@pytest.mark.parametrize(
    ("given", "well", "completed"),
    [
        ({"status": "running", "health": "starting"}, False, False),
        ({"status": "running", "health": "unhealthy"}, False, False),
        ({"status": "restarting"}, False, False),
        ({"status": "exited"}, False, True),
        ({"status": "exited", "restart": "on-failure"}, False, True),
        ({"status": "exited", "exit_code": 1}, False, False),
        ({"status": "exited", "restart": "always"}, False, False),
        ({"status": "exited", "restart": "unless-stopped"}, False, False),
    ],
)
def test_what_is_well_and_what_is_complete(given: dict[str, Any], well: bool, completed: bool) -> None:
    one = container("job", **given)
    assert (one.well, one.completed) == (well, completed)


def test_a_container_that_vanished_meanwhile_is_no_failure() -> None:
    there = Target(1, API, "Error: No such container: 41aa\nError: No such container: 41ab\n")
    assert [one.service for one in containers.containers(there)] == ["api"]


@pytest.mark.parametrize(
    "words",
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "Error: No such container: 41aa\nerror during connect: EOF",
        "template parsing error",
        "",
    ],
)
def test_an_inspection_that_failed_is_never_an_empty_host(words: str) -> None:
    with pytest.raises(GonogoError, match=r"^web: "):
        containers.containers(Target(1, "", words))


SIZES = """\
Filesystem                                      1-blocks         Used    Available Capacity Mounted on
/dev/mapper/very--long--volume--group-root--fs  52576092160  31138512896  18733322240      63% /
//nas/My Share                                  1000000000    900000000    100000000      90% /srv/my shop
/dev/sdb1                                       2000000000    900000000   1100000000      45% /data
/dev/mapper/very--long--volume--group-root--fs  52576092160  31138512896  18733322240      63% /
"""
COUNTS = """\
Filesystem                                       Inodes  IUsed   IFree IUse% Mounted on
/dev/mapper/very--long--volume--group-root--fs 3276800 412345 2864455   13% /
//nas/My Share                                        0      0       0     - /srv/my shop
/dev/sdb1                                             -      -       -     - /data
"""


def test_rooms_of_long_and_spaced_names_and_of_btrfs() -> None:
    root, share, data = disk.parse(f"{SIZES}---\n{COUNTS}")
    assert (root.mounted, root.free, root.inodes) == ("/", 18733322240, 2864455)
    assert (share.mounted, share.free, share.inodes) == ("/srv/my shop", 100000000, None)
    assert (data.mounted, data.free, data.inodes) == ("/data", 1100000000, None)
    assert root.free_gb == pytest.approx(18.73332224)


def test_a_full_filesystem_has_no_inodes_left_rather_than_no_number() -> None:
    table = "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/a 100 100 0 100% /\n"
    sizes = "Filesystem 1-blocks Used Available Capacity Mounted on\n/dev/a 100 100 0 100% /\n"
    assert disk.parse(f"{sizes}---\n{table}") == [disk.Room("/", 0, 0)]


def test_room_that_is_not_known_is_not_taken_for_enough() -> None:
    sizes = "Filesystem 1-blocks Used Available Capacity Mounted on\nfuse - - - - /mnt\n"
    assert disk.parse(f"{sizes}---\n") == [disk.Room("/mnt", 0, None)]


def test_a_missing_path_is_named() -> None:
    there = Target(1, "", "df: /srv/none: No such file or directory\n")
    with pytest.raises(GonogoError, match=r"^web: the free room is not known: df: /srv/none: No such file"):
        disk.rooms(there, ["/srv/none"])
    with pytest.raises(GonogoError, match="df printed no table"):
        disk.rooms(Target(0, "nonsense\n"), ["/"])


def test_paths_reach_df_as_they_are() -> None:
    there = Target(0, f"{SIZES}---\n{COUNTS}")
    disk.rooms(there, ["-x", "/srv/my shop"])
    assert there.asked[0].startswith("df -PB1 -- -x '/srv/my shop' && ")


def test_the_engine_tells_version_and_platform() -> None:
    said = '{"Platform":{"Name":""},"Version":"20.10.24","ApiVersion":"1.41","Os":"linux","Arch":"arm64"}\n'
    assert engine.engine(Target(0, said)) == engine.Engine("20.10.24", "1.41", "linux/arm64")


@pytest.mark.parametrize(
    ("status", "words", "told"),
    [
        (127, "sh: 1: docker: not found", "there is no `docker` command"),
        (1, "Got permission denied while trying to connect to the Docker daemon socket", "usermod -aG"),
        (1, "Cannot connect to the Docker daemon at unix:///run/docker.sock.", "systemctl start docker"),
        (1, "a warning\nsomething else", "docker does not answer: something else$"),
        (0, "", "it said nothing"),
    ],
)
def test_why_docker_does_not_answer(status: int, words: str, told: str) -> None:
    there = Target(status, "", words)
    with pytest.raises(GonogoError, match=told):
        engine.engine(there)
    with pytest.raises(GonogoError, match=told):
        engine.root(there)


def test_a_client_whose_engine_is_away_has_no_root() -> None:
    with pytest.raises(GonogoError, match="Cannot connect|does not run"):
        engine.root(Target(0, "\n", "ERROR: Cannot connect to the Docker daemon at unix:///x"))
    assert engine.root(Target(0, "/var/lib/docker\n")) == "/var/lib/docker"


def test_compose_of_any_spelling() -> None:
    assert engine.compose(Target(0, "v2.24.6\n")) == "2.24.6"
    with pytest.raises(GonogoError, match="docker-compose-plugin"):
        engine.compose(Target(1, "", "docker: 'compose' is not a docker command."))
    with pytest.raises(GonogoError, match="docker-compose-plugin"):
        engine.compose(Target(0, "unknown\n"))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("20.10.24+dfsg1", (20, 10, 24)),
        ("v2.24.6-desktop.1\n", (2, 24, 6)),
        ("27", (27,)),
        ("dev", ()),
        ("", ()),
    ],
)
def test_versions(text: str, numbers: tuple[int, ...]) -> None:
    assert engine.version(text) == numbers


def test_the_environment_of_compose_without_what_is_ours() -> None:
    text = "API_KEY=a=b\nPATH=/bin\nHOME=/root\nCERT=-----BEGIN\nMIIE+x/==\n\n-----END\nEMPTY=\nCOMPOSE_PROJECT_NAME=x\n"
    assert environment.parse(text) == {
        "API_KEY": "a=b",
        "CERT": "-----BEGIN\nMIIE+x/==\n\n-----END",
        "EMPTY": "",
    }


def test_an_env_file_that_compose_refuses_is_named_with_its_words() -> None:
    there = Target(1, "", 'time="x" level=warning msg="y"\nfailed to read /srv/shop/.env: line 3: unexpected\n')
    with pytest.raises(GonogoError, match=r"cannot read the env file /srv/shop/\.env: failed to read.*line 3"):
        environment.values(there, target())


def test_what_could_be_secret_in_an_env_file() -> None:
    lines = [
        "# API_KEY=commented-out-1",
        "DB_PASSWORD='it\\'s-a-secret'",
        "export API_TOKEN=plain-Token-7",
        'DB_URL="mongodb://me:in-the-url-5@db/x"',
        "COLOUR=bright-blue-and-green",
        "just a line that is no setting",
        "bad name=hunter2hunter2",
    ]
    found = environment.pieces(lines)
    assert {"it's-a-secret", "plain-Token-7", "in-the-url-5"} <= set(found)
    assert {"just a line that is no setting", "bad name=hunter2hunter2"} <= set(found)
    assert not [value for value in found if "commented" in value or "bright" in value]


def test_every_line_of_a_value_over_several_lines_is_secret() -> None:
    lines = ['KEY="-----BEGIN KEY-----', "MIIEabcdEFGH=", "LOOKSLIKEANAME==", '-----END KEY-----"', "MODE=fast"]
    found = environment.pieces(lines)
    assert {"MIIEabcdEFGH=", "LOOKSLIKEANAME==", "-----END KEY-----"} <= set(found)
    assert not [value for value in found if "fast" in value]


@pytest.mark.parametrize("value", ['"closed"', "it's", "'a \" b'", '"escaped \\" inside"', '""'])
def test_a_value_on_one_line_opens_no_quote(value: str) -> None:
    assert not [found for found in environment.pieces([f"A={value}", "MODE=fast"]) if "fast" in found]


def test_images_by_the_name_they_were_asked_for() -> None:
    text = '{"id":"sha256:1","platform":"linux/amd64"}\n\nnone\n{"id":"sha256:3","platform":"linux/amd64"}\n'
    assert images.parse(["a", "b", "c"], text) == {"a": "sha256:1", "c": "sha256:3"}
    assert images.images(Target(1), []) == {}


def test_names_of_images_are_asked_once_and_quoted() -> None:
    there = Target(0, "none\nnone\n")
    assert images.images(there, ["b;reboot", "a", "a"]) == {}
    assert "for name in a 'b;reboot'; do" in there.asked[0]
    with pytest.raises(GonogoError, match="does not run"):
        images.images(Target(1, "", "Cannot connect to the Docker daemon"), ["a"])


SS = """\
udp   UNCONN 0      0               127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=612,fd=13))
udp   UNCONN 0      0      [fe80::5054:ff:fe12]%eth0:546        [::]:*
tcp   LISTEN 0      511                   0.0.0.0:80         0.0.0.0:*    users:(("nginx",pid=812,fd=6),("nginx",pid=811,fd=6))
tcp   LISTEN 0      4096                     [::]:80            [::]:*    users:(("docker-proxy",pid=30465,fd=4))
tcp   LISTEN 0      100                         *:8080             *:*    users:(("next-server (v1",pid=77,fd=21))
tcp   LISTEN 0      100      [::ffff:127.0.0.1]:8005               *:*
nl    UNCONN 0      0                        rtnl:kernel             *
tcp   LISTEN
"""


def test_listeners_of_every_form() -> None:
    assert listeners.parse(SS) == [
        Listener("udp", "127.0.0.53", 53, "systemd-resolve (pid 612)"),
        Listener("udp", "fe80::5054:ff:fe12", 546),
        Listener("tcp", "0.0.0.0", 80, "nginx (pid 812)"),
        Listener("tcp", "::", 80, "docker-proxy (pid 30465)"),
        Listener("tcp", "*", 8080, "next-server (v1 (pid 77)"),
        Listener("tcp", "127.0.0.1", 8005),
    ]


def test_a_host_without_ss_is_told_what_to_install() -> None:
    with pytest.raises(GonogoError, match="iproute2"):
        listeners.listeners(Target(127, "", "sh: 1: ss: not found"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("0.0.0.0", "127.0.0.1", True),
        ("0.0.0.0", "::1", False),
        ("::", "127.0.0.1", True),
        ("", "::1", True),
        ("*", "0.0.0.0", True),
        ("0.0.0.0", "", True),
        ("::1", "::1", True),
        ("fe80::1", "10.0.0.1", False),
    ],
)
def test_addresses_that_exclude_each_other(one: str, other: str, same: bool) -> None:
    assert overlaps(one, other) is same
    assert overlaps(other, one) is same


def test_a_clash_needs_address_number_and_protocol() -> None:
    port = Port("127.0.0.1", 80, 8000, "tcp")
    assert clashes(port, Listener("tcp", "0.0.0.0", 80))
    assert not clashes(port, Listener("udp", "0.0.0.0", 80))
    assert not clashes(port, Listener("tcp", "0.0.0.0", 81))
    assert not clashes(port, Listener("tcp", "10.0.0.1", 80))


def test_the_form_asks_for_no_environment() -> None:
    assert "Env" not in containers.FORM
    assert json.loads(API).keys() <= {part.split('"')[1] for part in containers.FORM.split(",")} | {"id"}
    assert SimpleNamespace(**json.loads(BARE)).named == "redis:7"
