"""What slicing saves: `python -m bench.slices`. The same cold decisions, with every policy and with those that can matter.

Policies as an operator has them: the built-in ones, permits for a role, an action and a service each, with a condition, and
one forbid in ten for everybody. In one process; each question is asked by another principal of another service.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version

from cedarpy import PolicySet

from bartizan import __version__
from bartizan.access.decide import SERVICE, Circumstances, context
from bartizan.access.describe import Exposed, describe
from bartizan.identity.principal import Kind, Principal, Uid
from bartizan.policy.engine import Context, Engine, Verdict
from bench.bed.report import machine, record, table

PRINCIPALS, SERVICES, QUESTIONS, ROUNDS = 200, 100, 2000, 5
SIZES = (0, 10, 100, 500)
_HEADING = ("policies", "all of them", "those that matter", "ratio", "first use of a slice")
_ACTIONS = ("chat", "embed", "read")
_HERE: Context = context(Circumstances(quantum_safe=True))


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where the two ways differ."""
    parser = argparse.ArgumentParser(prog="python -m bench.slices", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    arguments = parser.parse_args(words)
    rows: list[tuple[str, ...]] = []
    for more in SIZES:
        bed = Bed(more)
        if not bed.agree():
            print(f"with {more} more policies the two ways differ", file=sys.stderr)
            return 3
        full, sliced = bed.measure()
        rows.append(
            (
                str(more + 3),
                f"{full:.1f} us",
                f"{sliced:.1f} us",
                f"{full / sliced:.2f}",
                f"{bed.first():.0f} us",
            )
        )
    body = table(_HEADING, rows)
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("Slices of policies", {"Bartizan": __version__, "cedarpy": version("cedarpy")}, body)
    return 0


class Bed:
    """Policies over a register."""

    def __init__(self, more: int) -> None:
        people = tuple(map(_principal, range(PRINCIPALS)))
        services = [Exposed(f"s{number}") for number in range(SERVICES)]
        base = describe(people, services)
        self.source = describe(people, services, base.text + "\n".join(map(_policy, range(more))))
        self.engine = self._engine()
        self.all = PolicySet.from_str(self.source.text)

    def agree(self) -> bool:
        """Return whether both ways say the same of every question."""
        return all(self._sliced(number) == self._full(number) for number in range(QUESTIONS))

    def measure(self) -> tuple[float, float]:
        """Return microseconds of processor time a decision with all policies, and with those that matter: the best of some rounds."""
        rounds = [(_each(self._full), _each(self._sliced)) for _ in range(ROUNDS)]
        return min(full for full, _ in rounds), min(sliced for _, sliced in rounds)

    def first(self) -> float:
        """Return microseconds of the decisions that cut a slice first, each: by an engine that knows none."""
        self.engine = self._engine()
        return _each(lambda number: self._sliced(number * PRINCIPALS // 20), 20)

    def _engine(self) -> Engine:
        return Engine(self.source.text, self.source.schema, self.source.entities)

    def _sliced(self, number: int) -> Verdict:
        return self.engine.decide(*_question(number), _HERE)

    def _full(self, number: int) -> Verdict:
        return self.engine.ask(self.all, *_question(number), _HERE)


def _question(number: int) -> tuple[Uid, str, Uid]:
    who, where = f"n{number % PRINCIPALS}", f"s{number % SERVICES}"
    return Uid("Workload", who), _ACTIONS[number % 3], Uid(SERVICE, where)


def _principal(number: int) -> Principal:
    name = f"n{number}"
    roles = ("caller", f"r{number % 50}")
    return Principal(
        f"workload.{name}", Kind.WORKLOAD, name, roles, f"p-{number:016x}", b"k" * 32, f"c-{name}"
    )


def _policy(number: int) -> str:
    if number % 10 == 0:
        head = '(principal, action == Action::"call-tool", resource)'
        return f'@id("f{number}") forbid {head} when {{ context.tool == "t{number}" }};'
    head = (
        f'(principal in Role::"r{number % 50}", action == Action::"{_ACTIONS[number % 3]}", '
        f'resource == Service::"s{number % SERVICES}")'
    )
    return f'@id("p{number}") permit {head} when {{ context.quantum_safe }};'


def _each(asked: Callable[[int], object], questions: int = QUESTIONS) -> float:
    began = time.process_time_ns()
    for number in range(questions):
        asked(number)
    return (time.process_time_ns() - began) / questions / 1000


if __name__ == "__main__":
    sys.exit(main())
