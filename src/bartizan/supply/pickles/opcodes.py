"""The opcodes of pickle's protocols 0 to 5, and a stream of them with its frames.

Rules of this file: a stream is read once, from its first octet to STOP. Frames are only a promise of how much to read ahead: the C
unpickler does not hold to their ends, so one that does not begin and end between instructions is a fault, though it is read on.
Source: CPython, Lib/pickletools.py (table), Modules/_pickle.c (load_frame); PEP 3154.
"""

from typing import Final, NamedTuple

from bartizan.supply.pickles import arguments
from bartizan.supply.pickles.arguments import Reader, damaged
from bartizan.supply.subject import Reason, Standing


class Opcode(NamedTuple):
    """One opcode: its name, the first protocol that has it, and how its argument is read."""

    name: str
    protocol: int
    read: Reader


def _table() -> dict[int, Opcode]:
    plain = arguments.nothing
    index, octet, name = arguments.index, arguments.unsigned(1), arguments.pair
    long_index, counted = arguments.unsigned(4), arguments.counted
    rows = (
        (0x49, "INT", 0, arguments.decimal), (0x4A, "BININT", 1, arguments.signed), (0x4B, "BININT1", 1, octet),
        (0x4D, "BININT2", 1, arguments.unsigned(2)), (0x4C, "LONG", 0, arguments.decimal_long),
        (0x8A, "LONG1", 2, arguments.counted_long(1)), (0x8B, "LONG4", 2, arguments.counted_long(4)),
        (0x53, "STRING", 0, arguments.quoted), (0x54, "BINSTRING", 1, counted(4, "string")),
        (0x55, "SHORT_BINSTRING", 1, counted(1, "string")), (0x42, "BINBYTES", 3, counted(4, "bytes")),
        (0x43, "SHORT_BINBYTES", 3, counted(1, "bytes")), (0x8E, "BINBYTES8", 4, counted(8, "bytes")),
        (0x96, "BYTEARRAY8", 5, counted(8, "bytearray")), (0x97, "NEXT_BUFFER", 5, plain),
        (0x98, "READONLY_BUFFER", 5, plain), (0x4E, "NONE", 0, plain), (0x88, "NEWTRUE", 2, arguments.true),
        (0x89, "NEWFALSE", 2, arguments.false), (0x56, "UNICODE", 0, arguments.escaped),
        (0x8C, "SHORT_BINUNICODE", 4, counted(1, "text")), (0x58, "BINUNICODE", 1, counted(4, "text")),
        (0x8D, "BINUNICODE8", 4, counted(8, "text")), (0x46, "FLOAT", 0, arguments.decimal_real),
        (0x47, "BINFLOAT", 1, arguments.real), (0x5D, "EMPTY_LIST", 1, plain), (0x61, "APPEND", 0, plain),
        (0x65, "APPENDS", 1, plain), (0x6C, "LIST", 0, plain), (0x29, "EMPTY_TUPLE", 1, plain),
        (0x74, "TUPLE", 0, plain), (0x85, "TUPLE1", 2, plain), (0x86, "TUPLE2", 2, plain),
        (0x87, "TUPLE3", 2, plain), (0x7D, "EMPTY_DICT", 1, plain), (0x64, "DICT", 0, plain),
        (0x73, "SETITEM", 0, plain), (0x75, "SETITEMS", 1, plain), (0x8F, "EMPTY_SET", 4, plain),
        (0x90, "ADDITEMS", 4, plain), (0x91, "FROZENSET", 4, plain), (0x30, "POP", 0, plain),
        (0x32, "DUP", 0, plain), (0x28, "MARK", 0, plain), (0x31, "POP_MARK", 1, plain),
        (0x67, "GET", 0, index), (0x68, "BINGET", 1, octet), (0x6A, "LONG_BINGET", 1, long_index),
        (0x70, "PUT", 0, index), (0x71, "BINPUT", 1, octet), (0x72, "LONG_BINPUT", 1, long_index),
        (0x94, "MEMOIZE", 4, plain), (0x82, "EXT1", 2, octet), (0x83, "EXT2", 2, arguments.unsigned(2)),
        (0x84, "EXT4", 2, arguments.signed), (0x63, "GLOBAL", 0, name("utf-8")), (0x93, "STACK_GLOBAL", 4, plain),
        (0x52, "REDUCE", 0, plain), (0x62, "BUILD", 0, plain), (0x69, "INST", 0, name("ascii")),
        (0x6F, "OBJ", 1, plain), (0x81, "NEWOBJ", 2, plain), (0x92, "NEWOBJ_EX", 4, plain),
        (0x80, "PROTO", 2, octet), (0x2E, "STOP", 0, plain), (0x95, "FRAME", 4, arguments.unsigned(8)),
        (0x50, "PERSID", 0, arguments.ascii_line), (0x51, "BINPERSID", 1, plain),
    )  # fmt: skip
    return {code: Opcode(word, protocol, read) for code, word, protocol, read in rows}


OPCODES: Final = _table()
PROTO: Final = 0x80
FRAME: Final = 0x95
STOP: Final = 0x2E
HIGHEST: Final = 5


class Stream:
    """Instructions one after the other.

    Attributes:
        view: what is read from.
        start: place of the first instruction.
        at: place of the instruction that was read last.
        position: place of the next one.
        protocol: that it says of itself; 1 where it says none.
        faults: what is wrong with its frames and protocol, each once, and does not keep an unpickler from reading on.
    """

    __slots__ = ("_frame", "at", "faults", "position", "protocol", "start", "view")

    def __init__(self, view: memoryview, start: int = 0) -> None:
        """Begin at a place."""
        self.view, self.start, self.at, self.position = view, start, start, start
        self.protocol, self._frame = 1, 0
        self.faults: dict[str, Reason] = {}

    def next(self) -> tuple[int, object]:
        """Return the next instruction: opcode and argument.

        Raises:
            Damaged: there is none, or none that every unpickler reads alike.
        """
        at = self.at = self.position
        if at >= len(self.view):
            raise damaged("it ends before STOP", at)
        code = self.view[at]
        found = OPCODES.get(code)
        if found is None:
            raise damaged(f"the octet {code:#04x} is no instruction", at)
        value, self.position = found.read(self.view, at + 1)
        if code in {PROTO, FRAME}:
            self._framed(code, value)
        elif found.protocol > self.protocol:
            self._fault("opcode-above-protocol", f"{found.name} is newer than the protocol that it says")
        if self._frame:
            self._within()
        return code, value

    def skip(self, count: int) -> None:
        """Pass over octets that a loader reads between instructions.

        Raises:
            Damaged: they are not there, or a frame holds them.
        """
        if self._frame or self.position + count > len(self.view):
            raise damaged("octets of an array are missing, or within a frame", self.position)
        self.position += count

    @property
    def framed(self) -> bool:
        """Return whether a frame is open."""
        return self._frame != 0

    def _framed(self, code: int, value: object) -> None:
        number = value if isinstance(value, int) else 0
        if code == PROTO:
            if self.at != self.start:
                self._fault("proto-inside", "PROTO stands within it")
            if number > HIGHEST:
                raise damaged(f"protocol {number} is not known", self.at)
            self.protocol = number
            return
        if self.position + number > len(self.view):
            raise damaged("a frame is longer than the file", self.at)
        if self._frame:
            self._fault("frame-in-frame", "a frame begins within another")
        if not number or self.protocol < OPCODES[FRAME].protocol:
            self._fault("frame-odd", "a frame is empty, or of a protocol that has none")
        self._frame = self.position + number

    def _within(self) -> None:
        if self.position > self._frame:
            self._fault("frame-straddled", "an instruction lies across the end of a frame")
        if self.position >= self._frame:
            self._frame = 0

    def _fault(self, word: str, what: str) -> None:
        sentence = f"unpicklers and scanners differ in how they read it: {what}; save it anew"
        self.faults.setdefault(word, Reason(word, sentence, Standing.UNKNOWN, offset=self.at))
