"""Files of joblib: a pickle in which the octets of arrays stand between instructions.

Rules of this file: joblib's loader passes over an array's octets, and `pickle.load` would run them. So such a file is inert only
where both readings are: what a plain unpickler does with those octets must end in damage, before it names anything.
Source: joblib, joblib/numpy_pickle.py (NumpyArrayWrapper.read_array, NumpyUnpickler.load_build).
"""

import math
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.pickles.contracts import contract
from bartizan.supply.pickles.contracts.joblib import WRAPPER, Wrapper
from bartizan.supply.pickles.contracts.numpy import Array
from bartizan.supply.pickles.machine import Loader, Machine
from bartizan.supply.pickles.opcodes import Stream
from bartizan.supply.pickles.reading import Pickle, after, read
from bartizan.supply.pickles.values import Blob, Global, Made, Refused
from bartizan.supply.subject import Reason, Standing

_HARMLESS: Final = frozenset({
    "pickle-damaged", "opcode-above-protocol", "memo-rewritten", "frame-straddled", "frame-odd", "frame-in-frame",
    "left-on-stack",
        "proto-inside", "octets-after",
})  # fmt: skip
"""What a plain unpickler may meet in the octets of an array: it stops at it, or does nothing by it."""


def wrapped(found: Pickle) -> bool:
    """Return whether a pickle is of joblib, with an array at least."""
    return WRAPPER in found.globals


def read_joblib(view: memoryview, budget: Budget, plainly: Pickle) -> Pickle:
    """Return what joblib would build of a file.

    Args:
        view: the whole file, expanded.
        budget: of the file.
        plainly: the same file as `pickle.load` reads it.
    Raises:
        Exhausted: the budget does not reach.
    """
    found = read(view, budget, loader=Loader(built=_array))
    reasons = list(found.reasons)
    if found.inert and found.end != len(view):
        reasons.append(after(found.end))
    told = {(each.word, each.what) for each in reasons}
    more = [
        each for each in plainly.reasons if each.word not in _HARMLESS and (each.word, each.what) not in told
    ]
    if more:
        what = "joblib reads as an array what a plain unpickler would run; load it with joblib alone, and save it anew"
        reasons += [Reason("two-readings", what, Standing.UNKNOWN), *more]
    return Pickle(found.root, found.end, tuple(dict.fromkeys(reasons)), found.globals)


def _array(machine: Machine, made: Made) -> object:
    """Return the array that follows a wrapper; anything else as it is."""
    if not isinstance(made.detail, Wrapper):
        return made
    wrapper, stream = made.detail, machine.stream
    made.sealed = True
    if wrapper.dtype.kind == "O":
        return _objects(machine)
    try:
        _padding(stream, wrapper.aligned)
        start, size = stream.position, math.prod(wrapper.shape) * wrapper.dtype.size
        stream.skip(size)
    except Damaged as fault:
        raise Refused("is not followed by the array that it says") from fault
    data = Blob(start, size, "bytes", size)
    class_ = Global("numpy", "ndarray", contract("numpy", "ndarray"))
    return Made(class_, detail=Array(wrapper.dtype, wrapper.shape, wrapper.fortran, data), sealed=True)


def _padding(stream: Stream, aligned: int) -> None:
    if not aligned:
        return
    at = stream.position
    stream.skip(1)
    count = stream.view[at]
    stream.skip(count)
    if count > aligned or bytes(stream.view[at + 1 : at + 1 + count]).strip(b"\xff"):
        raise Refused("is followed by octets that joblib does not write")


def _objects(machine: Machine) -> object:
    """Return an array of objects, which is a pickle of its own between the instructions."""
    stream = machine.stream
    if stream.framed:
        raise Refused("is not followed by the array that it says")
    found = read(stream.view, machine.budget, stream.position)
    machine.faults += found.reasons
    stream.position = max(found.end, stream.position)
    return found.root
