"""The JUnit file of a release is what CI servers read: counted, timed in seconds, and always well-formed."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from gonogo.reports.junit import LONGEST, junit
from gonogo.reports.model import Evidence, Step
from tests.unit.releases import SCRIPT, check, failed, release

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
    "property": {"name", "value"},
    "properties": set[str](),
    "system-out": set[str](),
}
"""What Jenkins' schema, GitLab and the actions of GitHub know; all of it is always there."""
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def test_suites_are_counted_and_timed_as_ci_servers_read_them() -> None:
    root = ElementTree.fromstring(junit(release()))
    for one in root.iter():
        assert set(one.keys()) == ATTRIBUTES[one.tag], one.tag
        assert re.fullmatch(r"\d+\.\d{3}", one.get("time", "0.000"))
    assert [suite.get("name") for suite in root] == ["steps", "preflight", "verify"]
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(key, "")) == sum(case.find(tag) is not None for case in cases), key
    assert [root.get(key) for key in ("tests", "failures", "errors", "time")] == ["65", "2", "2", "96.400"]
    told = {one.get("name"): one.get("value") for one in root[0].iter("property")}
    assert (told["verdict"], told["version"]) == ("rolled-back", release().version)


def test_each_status_is_told_as_what_it_means_for_a_build() -> None:
    statuses = ("passed", "failed", "blocked", "warning", "waived", "skipped")
    checks = [check(f"a.{status}", status, message=f"because {status}") for status in statuses]
    steps = [
        Step(name=status, status=status, started=0, seconds=1, detail=f"because {status}")
        for status in ("done", "failed", "skipped", "undone", "interrupted")
    ]
    root = ElementTree.fromstring(junit(release(checks=checks, steps=steps)))
    found = {
        case.get("name"): (case[0].tag, case[0].get("message")) if len(case) else None
        for case in root.iter("testcase")
    }
    assert found["a.passed"] is None
    assert found["done"] is None
    # The names of steps and of statuses are the same where they mean the same.
    assert found["a.failed"] == found["failed"] == ("failure", "because failed")
    assert found["a.blocked"] == ("error", "blocked: because blocked")
    assert found["interrupted"] == ("error", "interrupted: because interrupted")
    for status in ("warning", "waived", "skipped"):
        assert found[f"a.{status}"] == ("skipped", f"{status}: because {status}")
    assert found["undone"] == ("skipped", "undone: because undone")


def test_a_failure_tells_what_to_do_and_shows_its_evidence() -> None:
    case = ElementTree.fromstring(junit(release(checks=[failed()], steps=[]))).find(".//testcase")
    assert case is not None
    assert (case.get("classname"), case.get("name")) == ("preflight.ports", "ports.free")
    told = case.findtext("failure") or ""
    for part in (failed().message, failed().found, failed().expected, failed().fix, failed().reason):
        assert part in told
    assert SCRIPT in told
    assert "$ ss -ltnpH 'sport = :8001'\nLISTEN" in (case.findtext("system-out") or "")


def test_whatever_a_server_prints_the_file_is_well_formed_and_of_bounded_size() -> None:
    nasty = "".join(map(chr, range(0x300))) + "\ud800\ufffe\uffff ]]> <!-- & \" ' \U0001fffe \U0001f600"
    output = nasty + "z" * 3_000_000
    one = check(nasty, "failed", title=nasty, found=nasty, evidence=[Evidence(command=nasty, output=output)])
    many = release(target=nasty, host=nasty, summary=nasty, checks=[one] * 3, steps=[])
    text = junit(many)
    assert not ILLEGAL.search(text)
    assert len(text) < 3 * 3 * LONGEST
    root = ElementTree.fromstring(text.encode("utf-8"))
    assert "characters are left out here" in (root.findtext(".//system-out") or "")
    assert "]]> <!-- & \" ' � 😀" in (root.findtext(".//failure") or "")
