"""Contracts of PyTorch's tensors: views of storages, parameters, and the plain types around them.

Rules of this file: a tensor is taken only where all of it lies within its storage. Hooks are functions, so there are none.
Source: PyTorch, torch/_utils.py (_rebuild_*), torch/_tensor.py, torch/storage.py, torch/serialization.py.
"""

from typing import Final

from bartizan.supply.pickles.values import (
    Blob,
    Contract,
    Global,
    Made,
    Nested,
    Refused,
    Sparse,
    Storage,
    Table,
    Tensor,
    is_count,
    is_octets,
)

Arguments = tuple[object, ...]
_SPREAD: Final = 1 << 10
"""Elements that a tensor may show for each one of its storage: an expanded view is small in a file and large where it is copied."""
_FREE: Final = 1 << 20
_LARGEST: Final = 1 << 48
_MOST_DIMENSIONS: Final = 64
STORAGES: Final = {
    "Float": ("float32", 4), "Double": ("float64", 8), "Half": ("float16", 2), "BFloat16": ("bfloat16", 2),
    "Long": ("int64", 8), "Int": ("int32", 4), "Short": ("int16", 2), "Char": ("int8", 1), "Byte": ("uint8", 1),
    "Bool": ("bool", 1), "ComplexFloat": ("complex64", 8), "ComplexDouble": ("complex128", 16),
    "QInt8": ("qint8", 1), "QUInt8": ("quint8", 1), "QInt32": ("qint32", 4), "Untyped": ("untyped", 1),
}  # fmt: skip
"""Name of a storage's class without its end -> type and octets of an element."""
SIZES: Final = {
    **dict(STORAGES.values()),
    "uint16": 2, "uint32": 4, "uint64": 8, "complex32": 4, "float8_e4m3fn": 1, "float8_e5m2": 1, "float8_e4m3fnuz": 1,
    "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
}  # fmt: skip
"""Type -> octets of an element."""
_ALIASES: Final = {"half": "float16", "float": "float32", "double": "float64", "short": "int16", "int": "int32", "long": "int64",
                   "cfloat": "complex64", "cdouble": "complex128"}  # fmt: skip
DTYPES: Final = {**{name: name for name in SIZES if name != "untyped"}, **_ALIASES}
_LAYOUTS: Final = frozenset({"strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"})
_SCHEMES: Final = ("per_tensor_affine", "per_channel_affine", "per_channel_affine_float_qparams")


def storage_type(class_: object) -> tuple[str, int]:
    """Return type and octets of an element of a storage's class.

    Raises:
        Refused: it is no such class.
    """
    if isinstance(class_, Global) and class_.module in {"torch", "torch.storage"}:
        found = STORAGES.get(class_.name.removesuffix("Storage"))
        if found is not None and class_.name.endswith("Storage"):
            return found
    raise Refused("refers to a storage of a type that there is not")


def _row(value: object) -> tuple[int, ...]:
    """Return a size or a stride."""
    given = value.arguments[0] if isinstance(value, Made) and value.of.name == "Size" else value
    if not isinstance(given, tuple) or not all(is_count(each) for each in given):
        raise Refused("has a shape, stride or offset that no tensor has")
    found = tuple(int(str(each)) for each in given)
    if len(found) > _MOST_DIMENSIONS or any(each >= _LARGEST for each in found):
        raise Refused("has a shape, stride or offset that no tensor has")
    return found


def _view(storage: object, dtype: str, offset: object, size: object, stride: object) -> Tensor:
    """Return a tensor that lies within its storage."""
    shape, steps = _row(size), _row(stride)
    if not isinstance(storage, Storage) or type(offset) is not int or len(shape) != len(steps):
        raise Refused("is no view of a storage")
    count = storage.octets // SIZES[dtype]
    span = sum((extent - 1) * step for extent, step in zip(shape, steps, strict=True)) + 1
    (start,) = _row((offset,))
    if 0 not in shape and start + span > count:
        raise Refused("reaches beyond its storage")
    elements = 1
    for extent in shape:
        elements *= extent
    if elements > count * _SPREAD + _FREE:
        raise Refused("shows far more than its storage holds")
    return Tensor(storage, dtype, shape, steps, start)


def _own(storage: object) -> str:
    """Return the type of a storage that has one."""
    if not isinstance(storage, Storage) or storage.dtype not in SIZES or storage.dtype == "untyped":
        raise Refused("is no view of a storage")
    return storage.dtype


def _no_hooks(value: object) -> None:
    if value is None:
        return
    if (
        not isinstance(value, Made)
        or value.of.name != "OrderedDict"
        or value.items
        or value.state is not None
    ):
        raise Refused("has hooks, which are functions")
    value.sealed = True


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise Refused("is called with other than what PyTorch writes")
    return value


def _dtype(value: object) -> str:
    if isinstance(value, Global) and value.module == "torch" and value.name in DTYPES:
        return DTYPES[value.name]
    raise Refused("is of a type that there is not")


def _grown(
    tensor: Tensor, *, requires: object, parameter: bool = False, quantized: Arguments | None = None
) -> Tensor:
    return Tensor(
        tensor.storage,
        tensor.dtype,
        tensor.shape,
        tensor.stride,
        tensor.offset,
        parameter,
        _flag(requires),
        quantized,
    )


def _tensor(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (storage, offset, size, stride):
            return _view(storage, _own(storage), offset, size, stride)
        case _:
            pass
    raise Refused("is called with other than what PyTorch writes")


def _written(arguments: Arguments, count: int) -> Arguments:
    """Return the arguments without the metadata that PyTorch may write behind them, which is empty."""
    match arguments[count:]:
        case () | (None | Table(pairs=[]),) if len(arguments) >= count:
            return arguments[:count]
        case _:
            pass
    raise Refused("is called with other than what PyTorch writes")


def _tensor_v2(_of: Global, arguments: Arguments) -> object:
    storage, offset, size, stride, requires, hooks = _written(arguments, 6)
    _no_hooks(hooks)
    return _grown(_view(storage, _own(storage), offset, size, stride), requires=requires)


def _tensor_v3(_of: Global, arguments: Arguments) -> object:
    storage, offset, size, stride, requires, hooks, dtype = _written(arguments, 7)
    _no_hooks(hooks)
    return _grown(_view(storage, _dtype(dtype), offset, size, stride), requires=requires)


def _parameter(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Tensor() as tensor, requires, hooks):
            _no_hooks(hooks)
            return _grown(tensor, requires=requires, parameter=True, quantized=tensor.quantized)
        case _:
            pass
    raise Refused("is called with other than what PyTorch writes")


def _quantized(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (storage, offset, size, stride, tuple() as how, requires, hooks):
            _no_hooks(hooks)
            sound = all(type(each) in {int, float, Tensor} for each in how[1:])
            scheme = how[0] if how and isinstance(how[0], Global) else None
            if scheme is not None and scheme.name in _SCHEMES and sound:
                view = _view(storage, _own(storage), offset, size, stride)
                return _grown(view, requires=requires, quantized=(scheme.name, *how[1:]))
        case _:
            pass
    raise Refused("is called with other than what PyTorch writes")


def _meta(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (dtype, size, stride, requires):
            return Tensor(None, _dtype(dtype), _row(size), _row(stride), requires_grad=_flag(requires))
        case _:
            pass
    raise Refused("is called with other than what PyTorch writes")


def _sparse(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Made(of=Global(name="_get_layout"), arguments=(str() as layout,)), tuple() as parts):
            if all(isinstance(each, Tensor | Made | tuple | bool | None) for each in parts):
                return Sparse(layout, parts)
        case _:
            pass
    raise Refused("is called with other than what PyTorch writes")


def _layout(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (str() as name,) if name.removeprefix("torch.") in _LAYOUTS:
            return Made(of, arguments)
        case _:
            pass
    raise Refused("is called with other than the name of a layout")


_TYPES: Final = frozenset(
    {("torch", "Tensor"), ("torch.nn.parameter", "Parameter"), ("torch.nn.parameter", "Buffer")}
)


def _from_type(_of: Global, arguments: Arguments) -> object:
    """Return a tensor that carries attributes: plain ones, that stand for no method."""
    match arguments:
        case (
            Global(module="torch._utils") as rebuild,
            Global(module=module, name=name),
            tuple() as given,
            Table() as state,
        ):
            if (module, name) not in _TYPES or rebuild.contract is None or rebuild.contract.call is None:
                raise Refused("makes something other than a tensor")
            if not all(type(key) is str and _named_plainly(key) for key, _ in state.pairs):
                raise Refused("has attributes that no pickler of data gives it")
            if not all(type(value) in {bool, int, float, str, type(None)} for _, value in state.pairs):
                raise Refused("has attributes that are no plain values")
            return rebuild.contract.call(rebuild, given)
        case _:
            pass
    raise Refused("is called with other than what PyTorch writes")


def _named_plainly(key: str) -> bool:
    return key in {"_is_buffer", "_is_param"} or (key.isidentifier() and key[0] != "_")


def _size(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (list() | tuple() as given,) if all(is_count(each) for each in given):
            return Made(of, (tuple(given),))
        case _:
            pass
    raise Refused("is made of other than numbers")


def _device(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (str(),) | (str(), int()):
            return Made(of, arguments)
        case _:
            pass
    raise Refused("is made of other than a name and a number")


def _from_bytes(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (bytes() | Blob() as within,) if is_octets(within):
            return Nested(within)
        case _:
            pass
    raise Refused("is made of other than octets")


CONTRACTS: Final[dict[tuple[str, str], Contract]] = {
    **{("torch", f"{name}Storage"): Contract() for name in STORAGES},
    ("torch.storage", "UntypedStorage"): Contract(),
    **{("torch", name): Contract() for name in (*DTYPES, *_SCHEMES)},
    **{each: Contract() for each in _TYPES},
    ("torch._utils", "_rebuild_tensor"): Contract(call=_tensor),
    ("torch._utils", "_rebuild_tensor_v2"): Contract(call=_tensor_v2),
    ("torch._utils", "_rebuild_tensor_v3"): Contract(call=_tensor_v3),
    ("torch._utils", "_rebuild_parameter"): Contract(call=_parameter),
    ("torch._utils", "_rebuild_qtensor"): Contract(call=_quantized),
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): Contract(call=_meta),
    ("torch._utils", "_rebuild_sparse_tensor"): Contract(call=_sparse),
    ("torch._tensor", "_rebuild_from_type_v2"): Contract(call=_from_type),
    ("torch.serialization", "_get_layout"): Contract(call=_layout),
    ("torch", "Size"): Contract(call=_size, key=True),
    ("torch", "device"): Contract(call=_device, key=True),
    ("torch.storage", "_load_from_bytes"): Contract(call=_from_bytes),
}
