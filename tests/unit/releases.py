"""A release with one of everything, for the tests of the report; its strings are as nasty as a server's."""

from __future__ import annotations

from gonogo.reports.model import (
    Answered,
    Availability,
    Backup,
    CheckResult,
    CheckStatus,
    Configuration,
    DataCount,
    Evidence,
    KeyChange,
    Phase,
    Release,
    ServiceChange,
    Step,
)

SCRIPT = "<script>document.title='owned'</script>"
LONG = "x" * 3000
OLD = "sha256:" + "4f9c2b7e1a6d8035" * 4
NEW = "sha256:" + "8d03f5a1c2b7e496" * 4


def check(id_: str, status: CheckStatus = "passed", **fields: object) -> CheckResult:
    given = {"suite": "preflight", "title": f"Title of {id_}", **fields}
    return CheckResult.model_validate({"id": id_, "status": status, **given})


FAILED = check("ports.free", "failed", found="held by [nginx]", message="found held", fix="Stop it.")
WARNED = check("git.clean", "warning", message="changed", fix="Commit.")
BLOCKED = check("disk.free", "blocked", message="blocked by ssh.reachable", fix="Free room.")
SKIPPED = check("backup.destination", "skipped", message="none")


def failed() -> CheckResult:
    return check(
        "ports.free",
        "failed",
        title="Published ports are free or held by what this release replaces",
        reason="A port held by another program stops a container in the middle of the switch.",
        found=f"8001/tcp is held by python3 (pid 4121) {SCRIPT}",
        expected="8001/tcp free, or held by container chat-api",
        fix="Stop the process with pid 4121, or publish another port in compose.yaml.",
        message="8001/tcp is held by a process that this release does not replace.",
        evidence=[
            Evidence(
                command="ss -ltnpH 'sport = :8001'",
                exit_status=0,
                output=f"LISTEN 0 2048 {LONG}",
                seconds=0.03,
            ),
            Evidence(command=f"echo {LONG}", exit_status=1, output="\x1b[31mred\x1b[0m \x07 \u202eevil"),
        ],
        seconds=0.12,
        nodeid="checks/preflight/test_ports.py::test_free",
    )


def release(**changed: object) -> Release:
    """Return the example release with some fields changed."""
    subjects = ("docker", "disk", "images", "volumes", "environment", "compose")
    checks = [check(f"{subjects[n % 6]}.check-{n}", seconds=n / 100) for n in range(54)]
    checks += [
        failed(),
        check("mongodb.primary", "blocked", message="mongodb did not answer within 5 s"),
        check("mongodb.users", "blocked", message="mongodb did not answer within 5 s"),
        check("tls.days", "warning", severity="warning", message="the certificate ends in 12 days"),
        check(
            "git.branch",
            "waived",
            message="branch hotfix is not allowed (waived until 2026-02-14: incident)",
            waived_until="2026-02-14",
            waiver=f"incident {SCRIPT}",
        ),
        check("docker.check-0", suite="verify"),
    ]
    fields = {
        "target": "demo",
        "host": "ssh://deploy@chat.example.org:22",
        "project": "chat",
        "version": "8d03f5a-20260131-080559",
        "previous": "4f9c2b7-20260124-101500",
        "commit": "8d03f5a1c2b7e4968d03f5a1c2b7e4968d03f5a1",
        "verdict": "rolled-back",
        "exit_code": 4,
        "summary": "api never became healthy, so 4f9c2b7-20260124-101500 was put back and verified.",
        "started_at": "2026-01-31T08:05:59+00:00",
        "seconds": 96.4,
        "services": [
            ServiceChange(
                service="api",
                action="replaced",
                why="new image",
                image="chat-api",
                image_before=OLD,
                image_after=NEW,
                size_before=212_400_000,
                size_after=198_000_000,
            ),
            ServiceChange(service="redis", action="unchanged", image_before="redis:7", image_after="redis:7"),
            ServiceChange(service="worker", action="created", why="not running yet", image_after=NEW),
            ServiceChange(service="legacy", action="removed", why="not in the model", image_before=OLD),
        ],
        "commits": [f"8d03f5a1 Answer in the same thread {SCRIPT}", "7c11aa02 Bump redis"],
        "configuration": Configuration(
            diff="--- before\n+++ after\n@@ -1,2 +1,2 @@\n services:\n-  retries: 3\n"
            f"+  retries: 5 # {SCRIPT}\n",
            keys=[
                KeyChange(service="api", key="MAX_TOKENS", change="added"),
                KeyChange(service="api", key="OLD_FLAG", change="removed"),
            ],
        ),
        "steps": [
            Step(name="preflight", status="done", started=0, seconds=1.4, detail="60 checks"),
            Step(name="build", status="done", started=1.4, seconds=31.2),
            Step(
                name="backup",
                status="done",
                started=32.6,
                seconds=8.1,
                detail="97 documents, restored to prove it",
            ),
            Step(
                name="switch", status="failed", started=40.7, seconds=45.0, detail="api: unhealthy after 45 s"
            ),
            Step(name="rollback", status="done", started=85.7, seconds=10.7),
        ],
        "checks": checks,
        "availability": Availability(
            rate=100,
            seconds=1.0,
            changed_at=0.3,
            urls=[
                Answered(
                    url=f"http://127.0.0.1:8001/{SCRIPT}",
                    requests=80,
                    failed=30,
                    gap_s=0.4,
                    gap_at=0.3,
                    before=Phase(requests=30, p50_ms=4.2, p95_ms=7.9, p99_ms=9.1),
                    during=Phase(requests=50, failed=30),
                    errors={f"connection refused {SCRIPT}": 30},
                    slots=[(0.0, 10, 0), (0.1, 10, 0), (0.2, 10, 0), (0.3, 0, 15), (0.4, 0, 10), (0.6, 5, 5)],
                )
            ],
            notes=[f"thinned {SCRIPT}"],
        ),
        "backup": Backup(
            name=f"demo-chat-20260131-080610{SCRIPT}",
            folder="/srv/chat/.deploy/backups/demo-chat-20260131-080610",
            tool="gonogo",
            bytes=371_000_000,
            documents=97,
            seconds=4.5,
            consistency="nothing was written while it was read",
            proved=True,
            recovery_seconds=6.25,
        ),
        "data": [
            DataCount(collection="users", kind="append-only", before=5, after=5),
            DataCount(collection="messages", kind="append-only", before=36, after=34),
            DataCount(collection="history", kind="mutable", before=36, after=39),
            DataCount(collection="cache", kind="volatile", before=9, after=2),
            DataCount(collection="new", kind="mutable", after=1),
        ],
        "logs": {"chat-api-1": f"Traceback: größer 😀 {SCRIPT}\n" + LONG},
        "links": {"preflight (pytest-html)": "preflight.html", "bad": "javascript:alert(1)"},
        "notes": ["Health was asked 412 times during the switch; 3 requests failed."],
    }
    return Release.model_validate({**fields, **changed})
