"""Hostile hands: nothing that is typed into `bartizan` or its configuration yields a traceback.

The adversary types anything, in any order, as an argument or as a configuration, and hopes for a stack trace,
an unknown exit code, or a terminal that obeys what it is shown.
"""

import contextlib
import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.app import platform
from bartizan.app.folder import Folder
from bartizan.cli import main
from bartizan.cli.command import Exit
from bartizan.clock import SystemClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment

COMMANDS = [name for name, _ in main.commands()]
WORDS = [
    "--json", "--state", "--config", "--help", "--not-proven", "--origin", "show", "verify", "query", "add", "list",
    "revoke", "--token", "--yes", "--kind", "--since", "--limit", "--require", "--sarif", "--port", "--once", "--detach",
    "--model", "gemma", "--credential", "env:KEY", "--name", "assistant", "https://api.example.com/v1", "access.token-bound",
    "-", "--", "-x", "=", "--port=", "0", "-1", "1e9", "99999999999999999999", "", "\0", "\x1b[2J", "\n", "é", "\udc80",
    "../..", ".", "@file", "%s%n", "{0}", "$(id)", "x" * 300, "٣", "7d", "t-0000000000000000", "p-0000000000000000",
]  # fmt: skip
ARGUMENTS = st.lists(
    st.one_of(st.sampled_from(WORDS), st.text(st.characters(exclude_characters="/"), max_size=12)), max_size=6
)
PIECES = st.lists(
    st.one_of(
        st.sampled_from([
            "listen", "pq", "service", "name", "upstream", "credential", "limits", "policy", "names", "tls", " = ", "[", "]",
            "[[", "]]", "{", "}", '"', "'", '"""', ".", ",", "\n", "1", "true", "#", "\\", "\x00", "é", "1e9", "inf", "0x1",
            '"127.0.0.1:8443"', '"off"', '"https://x"', "1979-05-27", "[[service]]\n", "[ledger]\n",
        ]),
        st.text(max_size=4),
    ),
    max_size=30,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop short of starting a platform for every example: what is typed has been read by then."""

    def refuse(_: object) -> None:
        raise platform.PlatformNotStarted("not in this test", Path("log"))

    monkeypatch.setattr(platform, "start", refuse)


def endured(words: Sequence[str], configuration: bytes | None = None) -> None:
    """Run a command line in a folder of its own; fail on anything but an honest end."""
    out, err = io.StringIO(), io.StringIO()
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.chdir(name),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        if configuration is not None:
            Path("bartizan.toml").write_bytes(configuration)
        code = main.run(words)
    said = out.getvalue() + err.getvalue()
    assert code in set(Exit) - {Exit.INTERNAL}, said
    assert "Traceback" not in said
    assert all(line.isprintable() for line in said.split("\n"))
    assert (code in {Exit.CLEAN, Exit.FINDINGS}) or err.getvalue().startswith("bartizan: ")


MANY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@MANY
@given(words=ARGUMENTS)
def test_no_arguments_of_a_command_yield_a_traceback(command: str, words: list[str]) -> None:
    endured([command, *words])


@MANY
@given(words=ARGUMENTS)
def test_no_first_word_yields_a_traceback(words: list[str]) -> None:
    endured(words)


@MANY
@given(pieces=PIECES)
def test_no_configuration_yields_a_traceback(pieces: list[str]) -> None:
    endured(["config", "show", "--origin"], "".join(pieces).encode("utf-8", "surrogatepass"))


@MANY
@given(octets=st.binary(max_size=300))
def test_no_octets_as_configuration_yield_a_traceback(octets: bytes) -> None:
    endured(["up", "--no-drill"], octets)


@MANY
@given(url=st.one_of(st.text(max_size=30), st.from_regex(r"https?://[!-~]{0,30}", fullmatch=True)))
def test_no_url_makes_init_write_what_cannot_be_read_back(url: str) -> None:
    endured(["init", "--", url])


@pytest.fixture(scope="module")
def recorded() -> Iterator[str]:
    """Yield a state folder with something on record, so that questions get as far as the record."""
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name, "state"))
        folder.make()
        with own_segment(folder.root, SystemClock()) as journal:
            for number in range(300):
                journal.record("access.token.issued", "p-" + "1" * 16, f"t-{number:016x}", Outcome.DONE)
        yield str(folder.root)


@pytest.mark.slow
@MANY
@given(action=st.sampled_from(["query", "verify"]), words=ARGUMENTS)
def test_no_question_to_a_record_yields_a_traceback(recorded: str, action: str, words: list[str]) -> None:
    endured(["ledger", action, *words, "--state", recorded])


@MANY
@given(
    option=st.sampled_from(["--since", "--subject", "--control", "--kind", "--outcome", "--limit"]),
    value=st.one_of(st.text(max_size=12), st.datetimes().map(str), st.integers().map(str)),
)
def test_no_value_of_a_question_yields_a_traceback(recorded: str, option: str, value: str) -> None:
    endured(["ledger", "query", f"{option}={value}", "--state", recorded])
