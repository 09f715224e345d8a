"""The transcript keeps what was asked, and no secret in it."""

from __future__ import annotations

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.ssh.transcript import OUTPUT_LIMIT, Entry, Transcript

SECRET = "correct horse"


def hide(text: str) -> str:
    return text.replace(SECRET, "***")


def kept(output: str) -> str:
    transcript = Transcript(hide)
    transcript.add(Entry("cat", 0, output, 0.1))
    return transcript.entries[0].output


def test_entries_are_read_from_a_mark_on() -> None:
    transcript = Transcript()
    transcript.add(Entry("a", 0, "1", 0.1, at=5.0))
    mark = transcript.mark()
    transcript.add(Entry("b", 1, "2", 0.2, mutates=True, at=6.0))
    assert transcript.since(mark) == [Entry("b", 1, "2", 0.2, True, 6.0)]
    assert transcript.since(0, mark) == [Entry("a", 0, "1", 0.1, False, 5.0)]
    assert len(transcript.entries) == 2


def test_command_and_output_are_redacted_when_recorded() -> None:
    transcript = Transcript(hide)
    transcript.add(Entry(f"echo {SECRET}", 0, f"{SECRET}\n", 0.1))
    transcript.redact = str
    assert transcript.entries[0].command == "echo ***"
    assert transcript.entries[0].output == "***\n"


def test_what_becomes_known_later_is_redacted_when_read() -> None:
    transcript = Transcript()
    transcript.add(Entry(f"echo {SECRET}", 0, f"{SECRET}\n", 0.1))
    transcript.redact = hide
    assert transcript.entries[0].command == "echo ***"
    assert transcript.entries[0].output == "***\n"


def test_a_long_output_keeps_its_head_and_tail_and_says_so() -> None:
    for size in (OUTPUT_LIMIT + 1, 10 * OUTPUT_LIMIT):
        output = kept("head" + "." * (size - 8) + "tail")
        assert output.startswith("head.")
        assert output.endswith(".tail")
        assert f"{size} characters in all" in output
        assert len(output) < OUTPUT_LIMIT + 100


@settings(max_examples=50)
@given(
    before=st.integers(0, 4 * OUTPUT_LIMIT), after=st.integers(0, 4 * OUTPUT_LIMIT), pieces=st.integers(1, 40)
)
def test_no_cut_leaves_a_piece_of_a_secret(before: int, after: int, pieces: int) -> None:
    output = kept("." * before + SECRET * pieces + "." * after)
    for piece in ("corr", "horse", "ect h"):
        assert piece not in output


def test_threads_lose_no_entry() -> None:
    transcript = Transcript()

    def add() -> None:
        for number in range(200):
            transcript.add(Entry(str(number), 0, "", 0.0))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(transcript.entries) == 800
