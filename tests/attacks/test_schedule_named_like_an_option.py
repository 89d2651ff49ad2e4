"""Somebody gets a name into the configuration, or onto the command line, that a program would take for an option.

What starts a run is made of fixed words: no name of a schedule is ever an argument of a process, a part of a path, or a
piece of a request that is not quoted.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.schedule.runs import RUNS
from bartizan.app.settings import read
from bartizan.cli.command import Helped, UsageInvalid, parse
from bartizan.cli.schedule import COMMAND
from bartizan.config import ConfigurationInvalid

HOSTILE = (
    "--state", "-h", "--json=1", "-", "--", "../audit", "audit/../../x", "audit\n", "audit\x00", "$(id)", "; id", "", " audit",
    "АУДИТ", "audit ", "%2e%2e",
)  # fmt: skip
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80))


def refused(folder: Path, text: str) -> bool:
    file = folder / "bartizan.toml"
    file.write_text(text)
    try:
        read(file, folder)
    except ConfigurationInvalid:
        return True
    return False


@pytest.mark.parametrize("key", ["run", "name", "every", "at"])
@pytest.mark.parametrize("value", HOSTILE)
def test_no_key_of_a_schedule_takes_one(tmp_path: Path, key: str, value: str) -> None:
    keys = {"run": "drill", "every": "1d"} | {key: value}
    escaped = {name: "".join(f"\\U{ord(letter):08x}" for letter in text) for name, text in keys.items()}
    assert refused(tmp_path, "[[schedule]]\n" + "".join(f'{k} = "{v}"\n' for k, v in escaped.items()))


@pytest.mark.slow
@given(texts)
def test_the_command_takes_only_what_can_be_a_name(name: str) -> None:
    try:
        found = parse(COMMAND, ["run", name]).name
    except (UsageInvalid, Helped):
        return
    assert found == name
    assert found.isascii()
    assert found[0].islower()
    assert not set(found) & set("/ %;$\n\0")


def test_what_names_a_process_of_a_run_is_of_the_closed_set() -> None:
    for name, run in RUNS.items():
        assert name.isalpha()
        assert "-" not in run.acts
