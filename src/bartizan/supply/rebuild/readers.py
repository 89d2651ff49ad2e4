"""Which formats are rebuilt, and what reads the tensors of each."""

from collections.abc import Callable, Mapping
from typing import Final

from bartizan.supply.format import Look
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.rebuild import gguf, hdf5, numpy, torch
from bartizan.supply.rebuild.report import Rebuilt

Reader = Callable[[Octets, Budget, Look], torch.Found]
READERS: Final[Mapping[str, Reader]] = {
    "torch-zip": torch.archive,
    "torch-legacy": torch.old,
    "pickle": torch.plain,
    "npy": numpy.array,
    "zip": numpy.archive,
    "hdf5": hdf5.weights,
    "keras": hdf5.archive,
}
"""Format that knows a file -> what reads its tensors. Raises Damaged, TooShort, Exhausted."""
Rewriter = Callable[[Octets, Budget, Look, int], Rebuilt]
REWRITERS: Final[Mapping[str, Rewriter]] = {"gguf": gguf.rewrite}
"""Format that is kept -> what writes such a file anew into a descriptor. Raises Damaged, TooShort, Exhausted; OSError."""
