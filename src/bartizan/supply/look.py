"""Saying what a file is: the formats are asked, one reads it, and the worst of what it says stands.

Rules of this file: a name never makes a file better. It can make one worse: text that is called as a loader of pickles expects
is not what its name says, and that loader would try it.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from bartizan.printable import printable
from bartizan.supply.format import Damaged, Format, Look, Read, claims
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from bartizan.supply.pickles.loose import names
from bartizan.supply.subject import MOST_REASONS, UNKNOWN, ModelFile, Reason, Standing

_EXTENSIONS: Final = """
7z bin bz2 cbm ckpt cloudpickle dill engine gguf ggml gz h5 hdf5 joblib keras lzma mar mlmodel model msgpack nemo npy npz onnx p
params pb pdmodel pdparams pickle pkl pt pte pth ptl safetensors skops tar tflite tgz ubj weights xz z zip zst
"""
LOADED: Final = frozenset(f".{each}" for each in _EXTENSIONS.split())
"""Extensions of what loaders open as anything but text."""
_LOST: Final = ". \t\r\n"
"""What some systems leave off the end of a name."""
_SHOWN: Final = 32
FORMAT_UNKNOWN: Final = "format-unknown"
"""Word for a file that no format knows and no unpickler runs."""
WORDLESS: Final = frozenset({"text", "source"})
"""Formats that have no magic, so that a loader may take their files for another."""


def looker(formats: Sequence[Format]) -> Look:
    """Return what says of a file, or of a member of one, what it is by these formats.

    It raises nothing that a file can cause but MemoryError of a reader that holds more than the process may.
    """
    ordered = tuple(sorted(formats, key=lambda one: (one.order, one.name)))

    def look(octets: Octets, budget: Budget) -> ModelFile:
        if budget.depth < 0:
            deep = "archives stand within archives too deeply; unpack the outer ones and scan what comes out"
            return _stands(octets, UNKNOWN, Read((_unknown("too-deep", deep),)))
        budget.depth -= 1
        try:
            return _look(ordered, octets, budget, look)
        finally:
            budget.depth += 1

    return look


def _look(formats: Sequence[Format], octets: Octets, budget: Budget, look: Look) -> ModelFile:
    known = claims(formats, octets)
    if not known:
        return _stands(octets, UNKNOWN, _read_unknown(octets, budget))
    best, *others = known
    unlike = [each.name for each in others if each.name not in best.kind_of]
    if unlike:
        what = (
            f"it is {' and '.join([best.name, *unlike])} at once, and loaders differ in what they take it for"
        )
        return _stands(octets, best.name, Read((_unknown("polyglot", what),)))
    return _stands(octets, best.name, _read(best, octets, budget, look))


def _read_unknown(octets: Octets, budget: Budget) -> Read:
    """Return that nothing is proven, and whether an unpickler would come to a name in it for all that."""
    try:
        if next(names(octets.view, budget), None) is not None:
            what = "a loader of pickles would run it, though no pickle is written so; leave it out"
            return Read((_unknown("reads-as-pickle", what),))
    except Exhausted:
        pass  # it is not understood in any case
    what = "it is of no format that is known here, so nothing is proven; leave it out or convert it"
    return Read((_unknown(FORMAT_UNKNOWN, what),))


def _read(known: Format, octets: Octets, budget: Budget, look: Look) -> Read:
    try:
        return known.read(octets, budget, look)
    except Damaged as fault:
        return Read((fault.reason,))
    except TooShort as fault:
        return Read((_unknown("cut-off", f"it is cut off, or says of itself what is not so: {fault}"),))
    except Exhausted:
        return Read(
            (_unknown("too-much-work", "it asks for more work than a file is worth; scan its parts"),)
        )
    except RecursionError:
        return Read((_unknown("too-deep", "it is nested too deeply to be read"),))


def _stands(octets: Octets, name: str, read: Read) -> ModelFile:
    extension = PurePosixPath(octets.name.rstrip(_LOST)).suffix.lower()
    word = read.format or name
    reasons = list(read.reasons)
    if word in WORDLESS and extension in LOADED:
        what = f"it is plain text, but its name ends in {extension[:_SHOWN]}, whose loaders read no text; name it as what it is"
        reasons.append(_unknown("named-otherwise", what))
    reasons.sort(key=lambda each: -each.standing.rank)
    standing = reasons[0].standing if reasons else Standing.INERT
    return ModelFile(
        word,
        standing,
        tuple(reasons[:MOST_REASONS]),
        len(octets),
        printable(extension[:_SHOWN]),
        read.beside,
    )


def _unknown(word: str, what: str) -> Reason:
    return Reason(word, what, Standing.UNKNOWN)
