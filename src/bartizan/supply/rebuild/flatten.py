"""Finding the tensors of a value that a pickle would build, each by the name of where it stands.

Rules of this file: parts of a name are joined by dots, as state dicts are. A dict is what Python would make of its pairs: the last
value of a key counts. Numbers and short texts are kept as values; whatever else is no tensor is told and left out. What is shared is
found at each of its places, and a value that holds itself, or grows to far more than its file, is refused.
A whole module that was cut is read as PyTorch's own `state_dict` reads one.
Source: PyTorch, torch/nn/modules/module.py (Module._save_to_state_dict).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bartizan.printable import printable
from bartizan.supply.containers.member import LONGEST_NAME, shown
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.pickles.contracts.numpy import Array, Dtype
from bartizan.supply.pickles.values import Blob, Global, Made, Opaque, Sparse, Storage, Table, Tensor
from bartizan.supply.rebuild import tensor as written
from bartizan.supply.rebuild.report import MOST_TOLD, Left
from bartizan.supply.rebuild.salvage import Cut, parts

MOST_DEEP: Final = 100
MOST_VALUES: Final = 4_096
_LONGEST_TEXT: Final = 1_024
_ONLY: Final = "tensor"
"""Name of a tensor that is all there is."""
_COSTS: Final = 4
_MODULE: Final = ("_parameters", "_buffers", "_modules")
_WITH_STATE: Final = ("torch._utils", "_rebuild_parameter_with_state")
_TRANSIENT: Final = "_non_persistent_buffers_set"
_KINDS: Final = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
Value = str | int | float | bool | None


class Source(NamedTuple):
    """Where the octets of a value stand.

    Attributes:
        storages: of PyTorch, by name.
        view: what the pickle was read from; its blobs are places in it.
    """

    storages: Mapping[str, memoryview]
    view: memoryview


@dataclass(slots=True)
class Flat:
    """What was found in a value.

    Attributes:
        tensors: by name, in the order in which they stand.
        values: by name.
        left: what was left out, the first of it.
        more_left: how many more.
    """

    tensors: dict[str, written.Tensor] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    more_left: int = 0

    def leave(self, name: str, what: str) -> None:
        """Tell of a value that is not kept."""
        if len(self.left) < MOST_TOLD:
            self.left.append(Left(shown(name), printable(what)))
        else:
            self.more_left += 1

    def take(self, found: written.Tensor) -> None:
        """Note a tensor.

        Raises:
            Damaged: its name is none that may stand in a file, or another's.
        """
        if written.tensor_name(found.name) in self.tensors:
            what = f"two tensors would be called {shown(found.name)!r}; rename one where the file is made"
            raise Damaged("name-twice", what)
        self.tensors[found.name] = found


def flatten(root: object, source: Source, budget: Budget) -> Flat:
    """Return the tensors and values of what a pickle would build.

    Args:
        root: of a pickle that is inert, or was salvaged.
        source: of its octets.
        budget: of the file.
    Raises:
        Damaged: a tensor cannot be kept, two have one name, or the value holds itself.
        Exhausted: the budget does not reach.
    """
    walk = _Walk(source, budget)
    walk.value("", root)
    return walk.flat


class _Walk:
    """One pass over a value."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self.flat = Flat()
        self._source, self._budget = source, budget
        self._open: list[int] = []

    def value(self, name: str, value: object) -> None:
        self._budget.spend(_COSTS)
        if len(name) > LONGEST_NAME:
            raise Damaged(
                "tensor-name", f"the name of a value is too long: {shown(name)}; save it in a flatter form"
            )
        if isinstance(value, Tensor):
            self._tensor(name or _ONLY, value)
        elif isinstance(value, Made) and isinstance(value.detail, Array):
            self._array(name or _ONLY, value.detail)
        elif isinstance(value, bool | int | float | str | None):
            self._plain(name, value)
        elif isinstance(value, Cut) and isinstance(parameter := _parameter(value), Tensor):
            self.flat.leave(name or _ONLY, "attributes of a parameter")
            self._tensor(name or _ONLY, parameter)
        else:
            self._container(name, value)

    def _container(self, name: str, value: object) -> None:
        found = _members(value)
        if found is None:
            self.flat.leave(name or _ONLY, _told(value))
            return
        if isinstance(value, Cut):
            self.flat.leave(name or _ONLY, f"{_told(value)}; what it was given is kept")
        if id(value) in self._open or len(self._open) > MOST_DEEP:
            raise Damaged(
                "cyclic",
                "its values hold themselves or are nested too deeply; save its data in a flatter form",
            )
        self._open.append(id(value))
        for key, each in found:
            self._budget.spend(_COSTS)
            self._member(name, key, each)
        self._open.pop()

    def _member(self, name: str, key: object, value: object) -> None:
        if type(key) is str or type(key) is int:
            self.value(f"{name}.{key}" if name else str(key), value)
        else:
            self.flat.leave(name or _ONLY, f"what stands under a key that is {_told(key)}")

    def _plain(self, name: str, value: Value) -> None:
        short = not isinstance(value, str) or (len(value) <= _LONGEST_TEXT and value.isprintable())
        whole = not isinstance(value, int) or abs(value) < 1 << 64
        if short and whole and len(self.flat.values) < MOST_VALUES:
            self.flat.values[name or _ONLY] = value
        else:
            self.flat.leave(name or _ONLY, "a text or a number that is long, or one of many")

    def _tensor(self, name: str, found: Tensor) -> None:
        storage = self._storage(name, found.storage)
        if found.quantized is not None:
            raise Damaged(
                "tensor-type",
                f"the tensor {shown(name)!r} is quantized, which safetensors does not have; convert it first",
            )
        self._take(name, found.dtype, (found.shape, found.stride, found.offset), storage)

    def _storage(self, name: str, storage: Storage | None) -> memoryview:
        found = None if storage is None else self._source.storages.get(storage.name)
        if found is None:
            raise Damaged(
                "tensor-without-data", f"the tensor {shown(name)!r} has no data in this file; save it anew"
            )
        return found

    def _array(self, name: str, found: Array) -> None:
        if found.dtype.kind not in _KINDS:
            self.flat.leave(name, "an array of texts, times, fields or objects")
            return
        if found.dtype.order == ">" and found.dtype.size > 1:
            self._odd(name, found.dtype)
        shape = found.shape or ()
        place = (shape, written.strides(shape, fortran=found.fortran), 0)
        width = found.dtype.size * 8
        dtype = "bool" if found.dtype.kind == "b" else f"{_KINDS[found.dtype.kind]}{width}"
        self._take(name, dtype, place, self._octets(name, found.data))

    def _odd(self, name: str, dtype: Dtype) -> None:
        what = f"the array {shown(name)!r} is of type {dtype.order}{dtype.kind}{dtype.size}, which safetensors does not have; convert it first"
        raise Damaged("tensor-type", what)

    def _octets(self, name: str, data: object) -> memoryview:
        if isinstance(data, bytes):
            return memoryview(data)
        if isinstance(data, Blob) and data.kind in {"bytes", "bytearray"}:
            return self._source.view[data.start : data.start + data.size]
        raise Damaged(
            "tensor-without-data",
            f"the array {shown(name)!r} has no octets as they are; save it by protocol 4",
        )

    def _take(
        self, name: str, dtype: str, place: tuple[tuple[int, ...], tuple[int, ...], int], storage: memoryview
    ) -> None:
        self.flat.take(written.Tensor(name, written.type_word(dtype, name), *place, storage))


def _members(value: object) -> Iterable[tuple[object, object]] | None:
    """Return keys and values of a container; None where a value is none that is looked into."""
    if isinstance(value, Table):
        return _last(value.pairs)
    if isinstance(value, list | tuple):
        return enumerate(value)
    if isinstance(value, Cut):
        return _of_cut(value)
    if isinstance(value, Made) and value.of.name in {"OrderedDict", "defaultdict", "Counter"}:
        return _last([each for each in value.items if isinstance(each, tuple)])
    return None


def _last(pairs: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, object]]:
    """Yield pairs as a dict has them: each key once, at its first place with its last value."""
    found: dict[object, tuple[object, object]] = {}
    for key, value in pairs:
        plain = isinstance(key, bool | int | float | str | bytes | None)
        same: object = key if plain else (id(key),)
        found[same] = (found[same][0] if same in found else key, value)
    return iter(found.values())


def _parameter(cut: Cut) -> object:
    """Return the tensor of a parameter with attributes of its own, which PyTorch makes by a name that is not allowed."""
    if cut.of is None or (cut.of.module, cut.of.name) != _WITH_STATE or not cut.arguments:
        return None
    return cut.arguments[0]


def _of_cut(cut: Cut) -> Iterator[tuple[object, object]] | None:
    """Yield what something that was cut holds; None where it was given nothing to look into."""
    given = parts(cut)
    if not given.pairs:
        return None
    held = dict(_last(given.pairs))
    if not all(isinstance(held.get(each), Table | Made) for each in _MODULE):
        return iter(held.items())
    return _of_module(held)


def _of_module(held: Mapping[object, object]) -> Iterator[tuple[object, object]]:
    """Yield what `state_dict` tells of a module: parameters, buffers that are kept, modules below; what is None is not there."""
    transient = held.get(_TRANSIENT)
    unkept = transient.items if isinstance(transient, Made) else []
    for place in _MODULE:
        for key, value in _members(held[place]) or ():
            if value is not None and not (place == "_buffers" and key in unkept):
                yield key, value


def _told(value: object) -> str:
    """Return what a value is, in a few words."""
    if isinstance(value, Cut) and value.of is not None:
        return f"what {shown(f'{value.of.module}.{value.of.name}')} would make"
    if isinstance(value, Opaque):
        return "what code would make"
    if isinstance(value, Global):
        return f"the name {shown(f'{value.module}.{value.name}')}"
    if isinstance(value, Made):
        return f"a {shown(f'{value.of.module}.{value.of.name}')}"
    if isinstance(value, Sparse):
        raise Damaged(
            "tensor-type", "it holds a sparse tensor, which safetensors does not have; convert it first"
        )
    return f"a {type(value).__name__}".lower()
