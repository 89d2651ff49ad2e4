"""Arrays of NumPy, alone (npy) or many in an archive (npz), as tensors.

Rules of this file: the reader of the format says first whether an array is whole; its header is read once more for where what stands.
An array of objects is a pickle and never kept; texts, times and fields are told and left out.
"""

import re
from typing import Final

from bartizan.supply.containers import zip as container
from bartizan.supply.containers.member import Member, shown
from bartizan.supply.format import Damaged, Look
from bartizan.supply.formats import npy
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.rebuild import tensor as written
from bartizan.supply.rebuild.flatten import Flat
from bartizan.supply.rebuild.report import Name
from bartizan.supply.rebuild.salvage import bearable, salvage
from bartizan.supply.rebuild.torch import Found
from bartizan.supply.subject import Reason

_EXTENSION: Final = ".npy"
_ONLY: Final = "tensor"
_LENGTH_AT: Final = 8
_HEADER: Final = re.compile(
    r"\{'descr': '([<>|=])([biufc])([0-9]{1,2})', 'fortran_order': (False|True), 'shape': \(([0-9, ]*)\), ?\} *\n"
)
_OBJECTS: Final = re.compile(r"\{'descr': '\|O'")
_KINDS: Final = {"i": "int", "u": "uint", "f": "float", "c": "complex"}


def array(octets: Octets, budget: Budget, look: Look) -> Found:
    """Return what a file of one array holds.

    Raises:
        Damaged, TooShort: it is not understood.
        Exhausted: the budget does not reach.
    """
    flat = Flat()
    reasons, cut = _into(flat, _ONLY, octets, budget, look)
    return Found("npy", flat, reasons, cut)


def archive(octets: Octets, budget: Budget, look: Look) -> Found:
    """Return what an archive of arrays holds, each by the name of its member.

    Raises:
        Damaged, TooShort: it is not understood, or a member is no array.
        Exhausted: the budget does not reach.
    """
    flat, reasons, cut = Flat(), list[Reason](), list[Name]()
    for member in container.members(octets, budget):
        if not member.name.endswith(_EXTENSION):
            what = f"it is an archive of other than arrays: {shown(member.name)!r}; unpack it and disarm what comes out"
            raise Damaged("not-rebuilt", what)
        found, names = _into(flat, member.name.removesuffix(_EXTENSION), _octets(member), budget, look)
        reasons += found
        cut += [Name(each.module, each.name, shown(member.name), each.offset) for each in names]
    return Found("npz", flat, tuple(reasons), tuple(cut))


def _octets(member: Member) -> Octets:
    return member.expand()


def _into(
    flat: Flat, name: str, octets: Octets, budget: Budget, look: Look
) -> tuple[tuple[Reason, ...], tuple[Name, ...]]:
    """Note an array; return why it is not inert, and what it names."""
    if not npy.knows(octets):
        raise Damaged("npy-damaged", f"the array {shown(name)!r} is none of NumPy's; save it anew")
    reasons = npy.read(octets, budget, look).reasons
    if not bearable(reasons):
        raise Damaged(reasons[0].word, reasons[0].what, reasons[0].offset)
    start, text = _header(octets)
    if _OBJECTS.match(text):
        flat.leave(name, "an array of objects, which is a pickle")
        return reasons, salvage(octets.view, Budget(), start).names if reasons else ()
    found = _HEADER.fullmatch(text)
    if found is None:
        flat.leave(name, "an array of texts, times or fields")
        return reasons, ()
    order, kind, size = found[1], found[2], int(found[3])
    if order == ">" and size > 1:
        what = f"the array {shown(name)!r} is big-endian, which safetensors is not; convert it first"
        raise Damaged("tensor-type", what)
    dtype = "bool" if kind == "b" else f"{_KINDS[kind]}{8 * size}"
    shape = tuple(int(each) for each in re.findall("[0-9]+", found[5]))
    stride = written.strides(shape, fortran=found[4] == "True")
    flat.take(written.Tensor(name, written.type_word(dtype, name), shape, stride, 0, octets.view[start:]))
    return reasons, ()


def _header(octets: Octets) -> tuple[int, str]:
    """Return where the data begins, and the header."""
    width = 2 if octets.view[6] == 1 else 4
    length = int.from_bytes(octets.take(_LENGTH_AT, width), "little")
    start = _LENGTH_AT + width + length
    return start, octets.take(_LENGTH_AT + width, length).decode()
