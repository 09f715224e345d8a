"""Which shell lines count as reading only: nothing that could change a machine is among them."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from gonogo.deploy.wire.readonly import only_reads
from tests.unit.tables import every

READING = [
    "test -e /srv/chat",
    "stat -Lc %U '/a b; rm -rf /'",
    "cat x 2>/dev/null",
    "cat x 2>&1 | head -n 3",
    "cat /proc/1/status >&2",
    "ls && docker ps -a",
    "(ls; id)",
    "! test -e x",
    "[ -e x ] || echo no",
    "LC_ALL=C ls",
    "find . -name '*.py'",
    "sort -k 2 x",
    "command -v ss",
    "getent passwd root",
    "docker inspect chat-api",
    "docker volume ls -q",
    "docker compose -p chat ps",
    "docker compose config --quiet",
    "systemctl is-active nginx",
    "dpkg -l nginx",
    "ip addr show",
    "ip -4 route",
    "uniq -c",
    "date -Iseconds -u",
    "ss -ltn",
    "git log -1",
    "sysctl net.ipv4.ip_forward",
    "test -e $HOME/x",
]
CHANGING = [
    "touch x",
    "rm x",
    "sudo ls",
    "echo hi > /etc/x",
    "ls>f",
    "ls 3>f",
    "cat x >& f",
    "cat x | tee y",
    "cat x | sh",
    "ls; rm x",
    "ls & rm x",
    "ls && rm x",
    "(ls; rm x)",
    "true;rm x",
    "a\nrm b",
    "echo $(rm x)",
    "echo `rm x`",
    'echo "$(rm x)"',
    "cat <(rm x)",
    "x=$(rm y)",
    "PATH=/x ls",
    "env X=1 rm",
    "grep -r x /etc|xargs rm",
    "find / -delete",
    "find . -exec rm {} ;",
    "sort -ofoo x",
    "sort --output=x y",
    "date -s 12:00",
    "date -us12:00",
    "date 010203042026",
    "uniq a b",
    "ss -tK dst 10.0.0.1",
    "sort --compress-program=x y",
    "ip a a 10.0.0.1/8 dev lo",
    "ip -b x",
    "sysctl --load=x",
    "git log --output=x",
    "apt-cache gencaches",
    "command rm x",
    "docker run x",
    "docker exec x ls",
    "docker volume rm x",
    "docker image prune",
    "docker --host x rm y",
    "docker compose up -d config",
    "docker compose -f x -p y down",
    "docker compose config -o x",
    "docker compose config --output=x",
    "systemctl restart nginx",
    "ip link set eth0 down",
    "sysctl -w a=1",
    "sysctl a=1",
    "git status",
    "curl -X POST http://127.0.0.1/",
    "python3 -c 'import os'",
    "ls 'a",
    "",
]


@every("line", READING)
def test_lines_that_read(line: str) -> None:
    assert only_reads(line)


@every("line", [line for line in CHANGING if line])
def test_lines_that_may_change_something(line: str) -> None:
    assert not only_reads(line)


@given(name=st.text(max_size=30).filter(lambda text: "\0" not in text))
def test_a_quoted_name_of_any_kind_makes_no_reading_line_of_a_changing_one(name: str) -> None:
    assert not only_reads(f"rm -- {shlex.quote(name)}")
    assert not only_reads(f"ls {shlex.quote(name)}; touch {shlex.quote(name)}")


@given(line=st.text(alphabet="ls rm;&|<>()'\"\\$`{}!#\n=-/x", max_size=40))
def test_no_line_breaks_it(line: str) -> None:
    assert only_reads(line) in (True, False)
