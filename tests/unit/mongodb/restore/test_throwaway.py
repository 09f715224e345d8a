"""The throwaway server's scripts: what they may not say, and what its last words mean."""

from __future__ import annotations

from gonogo.deploy.mongodb.restore import throwaway
from tests.unit.tables import every

FATAL = (
    '{"t":{"$date":"2026-11-24T19:54:35.043Z"},"s":"F","c":"CONTROL","id":20574,"ctx":"-",'
    '"msg":"Error during global initialization","attr":{"error":{"code":2,"codeName":"BadValue",'
    '"errmsg":"cacheSizeGB must be greater than or equal to 0.25"}}}'
)


@every(
    "line, told",
    [
        (FATAL, "Error during global initialization: cacheSizeGB must be greater than or equal to 0.25"),
        (
            '{"s":"E","msg":"terminating","attr":{"error":"NonExistentPath: x"}}',
            "terminating: NonExistentPath: x",
        ),
        ('{"s":"I","msg":"Now exiting"}', "Now exiting"),
        (
            "Error parsing command line: unrecognised option",
            "Error parsing command line: unrecognised option",
        ),
        ('{"msg"', '{"msg"'),
        ("[1]", "[1]"),
    ],
)
def test_a_line_of_the_log_in_words(line: str, told: str) -> None:
    assert throwaway.said(line) == told


def test_nothing_of_it_is_published_pulled_or_taken_for_the_stack() -> None:
    script = throwaway._script("gonogo-proof-1-a", "sha256:12 3", 256)
    (line,) = [part for part in script.split(";") if "docker run" in part]
    words = line.partition("-c ")[0].split()
    assert "--internal" in script
    assert not {"-p", "-P", "--publish", "-v", "--volume", "--mount", "--privileged"} & set(words)
    assert "com.docker.compose" not in script
    assert words[words.index("--pull") : words.index("--pull") + 2] == ["--pull", "never"]
    assert "'sha256:12 3'" in script
