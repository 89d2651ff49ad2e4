"""The index of a model that stands in several files: which tensor is in which.

Rules of this file: an index is a stranger's word. It is read where it can do no harm, and only held against what the files hold; the
new index is made of that alone.
Source: Hugging Face, transformers, `pytorch_model.bin.index.json` and `model.safetensors.index.json`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bartizan.supply.containers.member import shown
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted, Octets
from bartizan.supply.parsers.json_tree import parsed
from bartizan.supply.rebuild.report import Refusal
from bartizan.supply.subject import Reason, Standing

SUFFIX: Final = ".bin.index.json"
"""How the name of an index over files of PyTorch ends."""
NAME: Final = "model.safetensors.index.json"
"""What an index over rebuilt files is called."""
_MAP: Final = "weight_map"
_FORMAT: Final = "index"


class Index(msgspec.Struct, frozen=True, tag=True):
    """Which tensor is in which file.

    Attributes:
        files: name of a tensor -> name of a file beside the index.
    """

    files: dict[str, str]


def read(octets: Octets) -> Index | Refusal:
    """Return what an index says."""
    try:
        return Index(_files(parsed(octets, Budget())))
    except Damaged as fault:
        return Refusal(_FORMAT, fault.reason)
    except Exhausted:
        what = "the index asks for more work than it is worth; make it anew"
        return Refusal(_FORMAT, Reason("too-much-work", what, Standing.UNKNOWN))


def _files(tree: Any) -> dict[str, str]:  # noqa: ANN401 - JSON is what it is
    found = tree.get(_MAP) if isinstance(tree, dict) else None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise Damaged("index-malformed", "its index does not say which tensor is in which file; make it anew")
    return found


def differs(index: Index, held: Mapping[str, frozenset[str]]) -> Refusal | None:
    """Return why files are not those that an index is of; None where they are.

    Args:
        index: as it was read.
        held: name of a file -> names of its tensors.
    """
    said: dict[str, set[str]] = {}
    for tensor, file in index.files.items():
        said.setdefault(file, set()).add(tensor)
    for file, tensors in said.items():
        if file not in held:
            return _refused(
                "shard-missing",
                f"its index names the file {shown(file)!r}, which is not there or could not be rebuilt; get it",
            )
        missing = tensors - held[file]
        if missing:
            which = shown(min(missing))
            return _refused(
                "shard-differs",
                f"the file {shown(file)!r} does not hold the tensor {which!r} that its index says; get it anew",
            )
    return None


def _refused(word: str, what: str) -> Refusal:
    return Refusal(_FORMAT, Reason(word, what, Standing.UNKNOWN))


def written(files: Mapping[str, str], octets: int) -> bytes:
    """Return an index, as libraries of today write it.

    Args:
        files: name of a tensor -> name of its file.
        octets: of all tensors.
    """
    tree = {"metadata": {"total_size": octets}, _MAP: dict(sorted(files.items()))}
    return json.dumps(tree, indent=2, ensure_ascii=False).encode() + b"\n"
