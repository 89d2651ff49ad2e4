"""The pickle machine once more, for files that name code: what would be made by it is kept apart, with the data that it was given.

Rules of this file: nothing is judged otherwise than by the machine itself. In the place of what a name without a contract would give
stands a `Cut`: which name it was, its arguments, and the items and the state that it was given. Only faults that are such names
are borne; any other means that the data is not understood either.
"""

from dataclasses import dataclass, field
from typing import Final

from typing_extensions import override

from bartizan.supply.containers.member import shown
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.pickles.machine import PLAIN, Loader, Machine
from bartizan.supply.pickles.opcodes import Stream
from bartizan.supply.pickles.run import run
from bartizan.supply.pickles.values import Global, Opaque, Table
from bartizan.supply.rebuild.report import MOST_TOLD, Name
from bartizan.supply.subject import Reason, Standing

BORNE: Final = frozenset(
    {
        "capability-named",
        "attribute-dotted",
        "code-named",
        "global-unknown",
        "global-changed",
        "name-computed",
    }
    | {"code-held"}
)
"""Words of faults that are code alone."""


@dataclass(slots=True, eq=False)
class Cut(Opaque):
    """What a name without a contract would have given.

    Attributes:
        of: the name; None where it came of something that was cut before.
        arguments: it would have been called with.
        items: that were appended or added, or pairs that were set.
        state: it was built with.
    """

    of: Global | None
    arguments: tuple[object, ...] = ()
    items: list[object] = field(default_factory=list)
    state: object = None


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A pickle with code in it, as data.

    Attributes:
        root: what it would build, with a `Cut` wherever code would have.
        end: place after STOP.
        names: that have no contract, in the order in which they stand.
        reasons: why it is not inert; all of them borne.
    """

    root: object
    end: int
    names: tuple[Name, ...]
    reasons: tuple[Reason, ...]


def bearable(reasons: tuple[Reason, ...]) -> bool:
    """Return whether all that is wrong with a file is code in it."""
    return all(each.word in BORNE for each in reasons)


def salvage(view: memoryview, budget: Budget, start: int = 0, loader: Loader = PLAIN) -> Salvaged:
    """Return what the pickle at a place would build, without what code would.

    Args:
        view: the whole file; the pickle may end before its end.
        budget: of the file.
        start: of the pickle, in octets.
        loader: what the format's loader does beside what `pickle.load` does.
    Raises:
        Damaged: its data is not understood.
        Exhausted: the budget does not reach.
    """
    machine = _Salvage(Stream(view, start), budget, loader)
    run(machine)
    for each in machine.faults:
        if each.word not in BORNE:
            raise Damaged(each.word, each.what, each.offset)
    return Salvaged(machine.root, machine.stream.position, tuple(machine.cut.values()), tuple(machine.faults))


class _Salvage(Machine):
    """One run over one pickle.

    Attributes:
        cut: names without a contract, each once.
    """

    def __init__(self, stream: Stream, budget: Budget, loader: Loader) -> None:
        super().__init__(stream, budget, loader)
        self.cut: dict[tuple[str, str], Name] = {}

    @override
    def fault(self, word: str, what: str, standing: Standing = Standing.UNKNOWN) -> None:
        if word not in BORNE:
            raise Damaged(word, what, self.stream.at)
        super().fault(word, what, standing)

    @override
    def build(self, _: object) -> None:
        state = self.stack.pop()
        target = self.stack.top()
        if isinstance(target, Cut):
            target.state = state if target.state is None else (target.state, state)
            return
        self.stack.push(state)
        super().build(None)

    @override
    def _named(self, module: str, name: str) -> object:
        found = super()._named(module, name)
        key = (found.module, found.name) if isinstance(found, Global) and found.contract is None else None
        if key is not None and key not in self.cut and len(self.cut) < MOST_TOLD:
            self.cut[key] = Name(shown(key[0]), shown(key[1]), offset=self.stream.at)
        return found

    @override
    def _called(self, way: str, function: object, arguments: object) -> object:
        made = super()._called(way, function, arguments)
        if type(made) is not Opaque:
            return made
        given = arguments if isinstance(arguments, tuple) else ()
        return Cut(function if isinstance(function, Global) else None, given)

    @override
    def _appended(self, items: list[object]) -> None:
        target = self.stack.top()
        if isinstance(target, Cut):
            target.items += items
        else:
            super()._appended(items)

    @override
    def _set(self, items: list[object]) -> None:
        target = self.stack.top()
        if isinstance(target, Cut):
            target.items += self._pairs(items)
        else:
            super()._set(items)


def parts(cut: Cut) -> Table:
    """Return what was given to something that was cut, as a dict: its items that are pairs, then the attributes of its state."""
    pairs = [each for each in cut.items if isinstance(each, tuple) and len(each) == 2]  # noqa: PLR2004 - key and value
    states = cut.state if isinstance(cut.state, tuple) else (cut.state,)
    for each in states:
        if isinstance(each, Table):
            pairs += each.pairs
    return Table(pairs)
