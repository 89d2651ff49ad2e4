"""A failure is told by kind and place, never with what it was about, and not without end."""

import asyncio

from bartizan.app.outcry import Outcry
from bartizan.clock import MINUTE, SetClock


class Failed(RuntimeError):
    pass


def fault(text: str) -> Exception:
    try:
        try:
            raise OSError(5, text)
        except OSError as cause:
            raise Failed(text) from cause
    except Failed as outer:
        return outer


def test_a_failure_is_told_by_kind_and_place() -> None:
    said: list[str] = []
    outcry = Outcry(SetClock(0), said.append)
    with asyncio.Runner() as runner:
        outcry(runner.get_loop(), {"message": "Fatal error on planted", "exception": fault("planted")})
        outcry(runner.get_loop(), {"message": "planted"})
    first, second = said
    assert first.startswith("a callback failed: Failed in ")
    assert "from OSError (Input/output error) in " in first
    assert "test_outcry:" in first
    assert "planted" not in first + second


def test_a_control_that_fails_is_told_by_its_name_the_kind_and_the_place() -> None:
    said: list[str] = []
    Outcry(SetClock(0), said.append).control("access.request-authenticated", fault("planted"))
    (line,) = said
    assert line.startswith("the control access.request-authenticated failed: Failed in ")
    assert "test_outcry:" in line
    assert "planted" not in line


def test_a_client_that_causes_failures_does_not_fill_the_log() -> None:
    said: list[str] = []
    clock = SetClock(0)
    outcry = Outcry(clock, said.append)
    with asyncio.Runner() as runner:
        for _ in range(1000):
            outcry(runner.get_loop(), {"exception": fault("x")})
            outcry.control("access.request-authorized", fault("x"))
        assert len(said) == 10
        clock.at = MINUTE
        outcry(runner.get_loop(), {"exception": fault("x")})
    assert said[-1].endswith("; 1990 more were not written\n")
