"""Rebuilding one file that is open: what it is, what it holds, and the new file, in the process that reads it.

Rules of this file: it is called in a process that can do nothing but read what it was given and write what it was given. A file that
two formats know is refused, as in a scan. Whatever goes wrong is a refusal, and what was written then counts for nothing.
"""

import json
import math
from collections.abc import Mapping
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, claims
from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from bartizan.supply.rebuild import safetensors
from bartizan.supply.rebuild.flatten import Value
from bartizan.supply.rebuild.readers import READERS, REWRITERS
from bartizan.supply.rebuild.report import Rebuilt, Refusal
from bartizan.supply.rebuild.torch import Found
from bartizan.supply.subject import UNKNOWN, Reason, Standing

_VALUES: Final = "values"
_FORMAT: Final = {"format": "pt"}
"""What libraries ask of a file before they load it into PyTorch."""


def rebuild(octets: Octets, descriptor: int, formats: tuple[Format, ...]) -> Rebuilt | Refusal:
    """Write a file anew; return what became of it.

    Args:
        octets: the source.
        descriptor: of a new file.
        formats: that are known.
    Raises:
        OSError: the source cannot be read, or the new file not written.
    """
    word = UNKNOWN
    try:
        word = _known(octets, formats)
        return _anew(word, octets, looker(formats), descriptor)
    except Damaged as fault:
        return Refusal(word, fault.reason)
    except TooShort as fault:
        return _refused(word, "cut-off", f"it is cut off, or says of itself what is not so: {fault}")
    except Exhausted:
        return _refused(
            word, "too-much-work", "it asks for more work than a file is worth; rebuild its parts"
        )
    except RecursionError:
        return _refused(word, "too-deep", "it is nested too deeply to be read")
    except MemoryError:
        return _refused(word, "too-large", "it takes more memory than a file is worth; rebuild its parts")


def _refused(format_: str, word: str, what: str) -> Refusal:
    return Refusal(format_, Reason(word, what, Standing.UNKNOWN))


def _known(octets: Octets, formats: tuple[Format, ...]) -> str:
    """Return the name of the format of a file that can be rebuilt."""
    found = claims(formats, octets)
    if not found:
        raise Damaged("format-unknown", "it is of no format that is known here, so there is nothing to keep")
    best, *others = found
    unlike = [each.name for each in others if each.name not in best.kind_of]
    if unlike:
        both = " and ".join([best.name, *unlike])
        raise Damaged("polyglot", f"it is {both} at once, and loaders differ in what they take it for")
    return best.name


def _anew(word: str, octets: Octets, look: Look, descriptor: int) -> Rebuilt:
    """Write a file anew in its own format, where that is kept, else as safetensors."""
    if word in REWRITERS:
        return REWRITERS[word](octets, Budget(), look, descriptor)
    return _written(_read(word, octets, look), descriptor, len(octets))


def _read(word: str, octets: Octets, look: Look) -> Found:
    reader = READERS.get(word)
    if reader is None:
        raise Damaged(
            "not-rebuilt",
            f"files of the format {word} are not rebuilt; scan it, and use it where it is proven inert",
        )
    return reader(octets, Budget(), look)


def _written(found: Found, descriptor: int, size: int) -> Rebuilt:
    flat = found.flat
    if not flat.tensors:
        raise Damaged(
            "no-tensors",
            "there is no tensor in it that is understood, so there is nothing to keep; do without it",
        )
    metadata = {**_FORMAT, **_values(flat.values)}
    most = safetensors.limit(size)
    names = safetensors.write(descriptor, flat.tensors.values(), metadata, most, Budget())
    verdict = max(
        (each.standing for each in found.reasons), key=lambda each: each.rank, default=Standing.INERT
    )
    return Rebuilt(
        found.format,
        verdict,
        len(names),
        sum(each.octets for each in flat.tensors.values()),
        names,
        len(flat.values),
        found.cut,
        tuple(flat.left),
        flat.more_left,
    )


def _values(values: Mapping[str, Value]) -> Mapping[str, str]:
    """Return numbers and texts as one text, as metadata know nothing else: JSON, its numbers finite."""
    if not values:
        return {}
    even = {
        key: repr(value) if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in values.items()
    }
    return {_VALUES: json.dumps(even)}
