"""The pickle machine, run on symbols: what the C unpickler would do with a stream, with nothing imported and nothing called.

Rules of this file: each instruction is judged before its effect is noted. What is not allowed is a fault, its result is opaque, and
reading goes on, so that the worst that a stream names is found; only what stops every unpickler stops this one. A pickle without
faults makes data: each global it names has a contract, and each use of it keeps that contract.
Source: CPython, Modules/_pickle.c (load_*); Lib/pickle.py where the two differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from bartizan.supply.octets import Budget
from bartizan.supply.pickles.arguments import damaged
from bartizan.supply.pickles.contracts import contract
from bartizan.supply.pickles.names import capability, named
from bartizan.supply.pickles.opcodes import Stream
from bartizan.supply.pickles.stack import COSTS, Stack
from bartizan.supply.pickles.values import (
    Blob,
    Global,
    Made,
    Nested,
    Opaque,
    Refused,
    Table,
    hashable,
    shown,
    tainted,
)
from bartizan.supply.subject import MOST_REASONS, Reason, Standing

Persistent = Callable[[object], object]
"""(persistent id) -> what the format's loader gives for it. Raises Refused."""
Loaded = Callable[[bytes | Blob], object]
"""(a file of PyTorch within the pickle) -> what its loader gives. Raises Refused."""
Built = Callable[["Machine", Made], object]
"""(machine, instance that BUILD was done on) -> what the format's loader puts in its place, or the instance. Raises Refused."""


@dataclass(frozen=True, slots=True)
class Loader:
    """What the loader of a format gives for what plain pickles do not have; None where it has none either."""

    persistent: Persistent | None = None
    loaded: Loaded | None = None
    built: Built | None = None


PLAIN: Final = Loader()
"""`pickle.load`."""


class Machine:
    """One run over one pickle.

    Attributes:
        stream: what is read.
        faults: why it is not inert.
        globals: names that were allowed, as (module, name).
        root: what it builds, once it has stopped.
        names: how often something was named, allowed or not.
    """

    def __init__(
        self,
        stream: Stream,
        budget: Budget,
        loader: Loader = PLAIN,
    ) -> None:
        """Take a stream."""
        self.stream, self.budget, self.loader = stream, budget, loader
        self.faults: list[Reason] = []
        self.globals: set[tuple[str, str]] = set()
        self.root: object = None
        self.stack = Stack(stream, budget)
        self.names = 0
        self._told: set[tuple[str, str]] = set()

    def fault(self, word: str, what: str, standing: Standing = Standing.UNKNOWN) -> None:
        """Note why it is not inert; the same is noted once."""
        if (word, what) not in self._told and len(self._told) < MOST_REASONS:
            self._told.add((word, what))
            self.faults.append(Reason(word, what, standing, offset=self.stream.at))

    def stop(self) -> None:
        """STOP."""
        self.root = self.stack.pop()
        if self.stack.left:
            self.fault("left-on-stack", "it builds more than the one thing that it returns; save it anew")
        if self.stream.framed:
            self.fault("frame-straddled", "it stops within a frame; save it anew")

    def get(self, number: object) -> None:
        """GET, BINGET, LONG_BINGET."""
        self.stack.get(number)

    def put(self, number: object) -> None:
        """PUT, BINPUT, LONG_BINPUT."""
        if self.stack.put(number):
            self.fault("memo-rewritten", "it writes over a place of its memo, which no pickler does")

    def memoize(self, _: object) -> None:
        """MEMOIZE."""
        self.put(self.stack.memos)

    def pop_mark(self, _: object) -> None:
        """POP_MARK."""
        self.stack.marked()

    # Containers.

    def empty_list(self, _: object) -> None:
        """EMPTY_LIST."""
        self.stack.keep([])

    def empty_tuple(self, _: object) -> None:
        """EMPTY_TUPLE."""
        self.stack.push(())

    def empty_dict(self, _: object) -> None:
        """EMPTY_DICT."""
        self.stack.keep(Table())

    def empty_set(self, _: object) -> None:
        """EMPTY_SET."""
        self.stack.keep(Made(_of("set")))

    def make_frozenset(self, _: object) -> None:
        """FROZENSET."""
        items = self.stack.marked()
        self._hashable(items)
        self.stack.keep(Made(_of("frozenset"), items=items))

    def make_list(self, _: object) -> None:
        """LIST."""
        self.stack.keep(self.stack.marked())

    def make_tuple(self, _: object) -> None:
        """TUPLE."""
        self.stack.keep(tuple(self.stack.marked()))

    def make_tuple1(self, _: object) -> None:
        """TUPLE1."""
        self.stack.keep((self.stack.pop(),))

    def make_tuple2(self, _: object) -> None:
        """TUPLE2."""
        last = self.stack.pop()
        self.stack.keep((self.stack.pop(), last))

    def make_tuple3(self, _: object) -> None:
        """TUPLE3."""
        last, middle = self.stack.pop(), self.stack.pop()
        self.stack.keep((self.stack.pop(), middle, last))

    def make_dict(self, _: object) -> None:
        """DICT."""
        self.stack.keep(Table(self._pairs(self.stack.marked())))

    def append(self, _: object) -> None:
        """APPEND."""
        value = self.stack.pop()
        self._appended([value])

    def appends(self, _: object) -> None:
        """APPENDS."""
        self._appended(self.stack.marked())

    def additems(self, _: object) -> None:
        """ADDITEMS."""
        items, target = self.stack.marked(), self.stack.top()
        self._hashable(items)
        if isinstance(target, Made) and _allows(target, "adds"):
            target.items += items
        elif not isinstance(target, Opaque):
            self.fault("target-refused", f"it adds items to {shown(target)}, which is no set")

    def setitem(self, _: object) -> None:
        """SETITEM."""
        value, key = self.stack.pop(), self.stack.pop()
        self._set([key, value])

    def setitems(self, _: object) -> None:
        """SETITEMS."""
        self._set(self.stack.marked())

    def _appended(self, items: list[object]) -> None:
        target = self.stack.top()
        if isinstance(target, list):
            target.extend(items)
        elif isinstance(target, Made) and _allows(target, "appends"):
            target.items += items
        elif not isinstance(target, Opaque):
            self.fault("target-refused", f"it appends to {shown(target)}, which is no list")

    def _set(self, items: list[object]) -> None:
        target, pairs = self.stack.top(), self._pairs(items)
        if isinstance(target, Table):
            target.pairs += pairs
        elif isinstance(target, Made) and _allows(target, "sets"):
            target.items += pairs
        elif not isinstance(target, Opaque):
            self.fault("target-refused", f"it sets items of {shown(target)}, which is no dict")

    def _pairs(self, items: list[object]) -> list[tuple[object, object]]:
        if len(items) % 2:
            raise damaged("a dict has a key without a value", self.stream.at)
        keys = items[::2]
        self._hashable(keys)
        return list(zip(keys, items[1::2], strict=True))

    def _hashable(self, items: list[object]) -> None:
        odd = [each for each in items if type(each) is not str]
        self.budget.spend(len(odd) << 3)
        if not all(map(hashable, odd)):
            self.fault("key-refused", "a key of a dict or a member of a set is none that data has")

    # Globals and what is done with them.

    def global_(self, value: object) -> None:
        """GLOBAL."""
        self.stack.push(self._named(*cast("tuple[str, str]", value)))

    def stack_global(self, _: object) -> None:
        """STACK_GLOBAL: both names are text that stands in the stream."""
        name, module = self.stack.pop(), self.stack.pop()
        self.names += 1
        if isinstance(name, str) and isinstance(module, str):
            self.stack.push(self._named(module, name))
            return
        if not isinstance(name, str | Opaque) or not isinstance(module, str | Opaque):
            raise damaged("the name of a global is no text", self.stream.at)
        what = "it names a global by text that is computed while it is loaded; that hides what it runs"
        self.fault("name-computed", what, Standing.MALICIOUS)
        self.stack.push(Opaque())

    def _named(self, module: str, name: str) -> object:
        self.budget.spend(COSTS)
        self.names += 1
        module, name = named(module, name, self.stream.protocol)
        found = contract(module, name)
        if found is not None and found.after:
            self.budget.spend(len(self.globals))
            found = None if found.after.isdisjoint(each for each, _ in self.globals) else found
        if found is None:
            self._tell(capability(module, name))
        else:
            self.globals.add((module, name))
        return Global(module, name, found)

    def _tell(self, reason: Reason) -> None:
        self.fault(reason.word, reason.what, reason.standing)

    def reduce(self, _: object) -> None:
        """REDUCE."""
        arguments, function = self.stack.pop(), self.stack.pop()
        self.stack.keep(self._called("call", function, arguments))

    def newobj(self, _: object) -> None:
        """NEWOBJ."""
        arguments, class_ = self.stack.pop(), self.stack.pop()
        self.stack.keep(self._called("new", class_, arguments))

    def newobj_ex(self, _: object) -> None:
        """NEWOBJ_EX: no class that is allowed takes arguments by name."""
        keywords, arguments, class_ = self.stack.pop(), self.stack.pop(), self.stack.pop()
        if not isinstance(keywords, Table) or keywords.pairs:
            self.fault("call-refused", f"it calls {shown(class_)} with arguments by name")
            self.stack.keep(Opaque())
            return
        self.stack.keep(self._called("new", class_, arguments))

    def instance(self, value: object) -> None:
        """INST: how Python 2 made instances of its old classes, none of which is allowed."""
        self.stack.marked()
        self._old(self._named(*cast("tuple[str, str]", value)))

    def object_(self, _: object) -> None:
        """OBJ: the same, with the class on the stack."""
        items = self.stack.marked()
        if not items:
            raise damaged("an instruction finds nothing to work on", self.stream.at)
        self._old(items[0])

    def _old(self, class_: object) -> None:
        what = f"it makes an instance of {shown(class_)} in the way of Python 2's old classes; save it anew"
        self.fault("call-refused", what)
        self.stack.keep(Opaque())

    def _called(self, way: str, function: object, arguments: object) -> object:
        if not isinstance(arguments, tuple):
            self.fault("call-refused", f"it calls {shown(function)} with something other than arguments")
            return Opaque()
        if isinstance(function, Global):
            attribute = _attribute(function, arguments)
            if attribute:
                return self._named(*attribute)
            return self._judged(way, function, arguments)
        if not isinstance(function, Opaque):
            self.fault("call-refused", f"it calls {shown(function)}, which is data")
        return Opaque()

    def _judged(self, way: str, function: Global, arguments: tuple[object, ...]) -> object:
        if function.contract is None:
            return Opaque()  # it was told when it was named
        allowed = function.contract.call if way == "call" else function.contract.new
        try:
            if allowed is None:
                raise Refused("is not made in this way by any pickler")
            self._weigh(arguments)
            made = allowed(function, arguments)
            return self._loaded(made.within) if isinstance(made, Nested) else made
        except Refused as fault:
            if not tainted(arguments):
                self.fault("call-refused", f"{shown(function)} {fault}")
            return Opaque()

    def _weigh(self, arguments: tuple[object, ...]) -> None:
        """Count what looking at arguments costs, since a short stream can hand over the same long ones again and again."""
        for each in arguments:
            if isinstance(each, list | tuple):
                self.budget.spend(len(each))
            elif isinstance(each, Table):
                self.budget.spend(len(each.pairs))
            elif isinstance(each, str | bytes):
                self.budget.spend(len(each) >> 3)

    def _loaded(self, within: bytes | Blob) -> object:
        if self.loader.loaded is None:
            raise Refused("loads a file within the file")
        return self.loader.loaded(within)

    def build(self, _: object) -> None:
        """BUILD."""
        state, target = self.stack.pop(), self.stack.top()
        if isinstance(target, Global):
            what = f"it changes {shown(target)} itself, for all that use it in the process"
            self.fault("global-changed", what, Standing.MALICIOUS)
        elif not isinstance(target, Opaque):
            self.stack.replace(self._state(target, state))

    def _state(self, target: object, state: object) -> object:
        try:
            if not isinstance(target, Made):
                raise Refused("is data, and takes no state")
            if target.sealed:
                raise Refused("is in use already, and takes no state any more")
            if target.of.contract is None or target.of.contract.build is None:
                raise Refused("takes no state from any pickler")
            self._weigh((state,))
            target.of.contract.build(target, state)
            return self.loader.built(self, target) if self.loader.built else target
        except Refused as fault:
            if not tainted(state):
                self.fault("state-refused", f"{shown(target)} {fault}")
            return Opaque()

    def persid(self, _: object) -> None:
        """PERSID: a line that no format here has."""
        self.fault("persistent-id", "it refers to something outside itself by a line of text")
        self.stack.keep(Opaque())

    def binpersid(self, _: object) -> None:
        """BINPERSID."""
        identifier = self.stack.pop()
        try:
            if self.loader.persistent is None:
                raise Refused("refers to something outside itself, which plain pickles do not have")
            self.stack.keep(self.loader.persistent(identifier))
        except Refused as fault:
            self.fault("persistent-id", f"it {fault}")
            self.stack.keep(Opaque())

    def outside(self, _: object) -> None:
        """EXT1, EXT2, EXT4, NEXT_BUFFER, READONLY_BUFFER: what they give stands outside of the file."""
        self.fault("outside", "it refers to a registry or to buffers that are not in the file")
        self.stack.keep(Opaque())

    def nothing(self, _: object) -> None:
        """PROTO, FRAME: the stream has seen to them."""


def _of(name: str) -> Global:
    return Global("builtins", name, contract("builtins", name))


def _allows(target: Made, what: str) -> bool:
    return not target.sealed and target.of.contract is not None and bool(getattr(target.of.contract, what))


def _attribute(function: Global, arguments: tuple[object, ...]) -> tuple[str, str] | None:
    """Return what `getattr` of a global is, as if it had been named with a dot."""
    match arguments:
        case (Global() as of, str() as name) if (function.module, function.name) == ("builtins", "getattr"):
            return of.module, f"{of.name}.{name}"
        case _:
            return None
