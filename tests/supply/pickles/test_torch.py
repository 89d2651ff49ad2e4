"""Files of PyTorch, new and old: what it writes is inert; what a storage, a member or a number contradicts is not."""

import io
import pickle
import struct
import zipfile
from typing import cast

import pytest

from bartizan.supply.containers.zip import members
from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.checkpoint import read_checkpoint
from bartizan.supply.pickles.legacy import MAGIC, read_legacy
from bartizan.supply.pickles.values import Made, Tensor
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.pickles.built import framed, named
from tests.supply.pickles.written import (
    CHECKPOINT,
    FLOATS,
    OLD,
    WEIGHTS,
    checkpoint,
    old,
    state,
    storage,
    tensor,
)

HELD = storage("0", 6)


def looked(octets: bytes, name: str = "model.bin") -> ModelFile:
    return looker(known())(Octets(octets, name), Budget())


def one(
    held: bytes = HELD, shape: tuple[int, ...] = (2, 3), stride: tuple[int, ...] = (3, 1), offset: int = 0
) -> bytes:
    return checkpoint(state({"w": tensor(held, shape, stride, offset)}), {"0": FLOATS})


@pytest.mark.parametrize(("octets", "word"), [(CHECKPOINT, "torch-zip"), (OLD, "torch-legacy")])
def test_a_state_dict_is_inert_and_known_by_its_octets(octets: bytes, word: str) -> None:
    file = looked(octets, "holiday.jpg")
    assert (file.format, file.standing, file.reasons) == (word, Standing.INERT, ())


def test_a_checkpoint_tells_its_tensors_and_where_their_octets_are() -> None:
    found = read_checkpoint(members(Octets(CHECKPOINT), Budget()), Budget(), looker(known()))
    assert found.pickle is not None
    root = found.pickle.root
    assert isinstance(root, Made)
    ((key, made),) = cast("list[tuple[str, object]]", root.items)
    assert key == "w"
    assert isinstance(made, Tensor)
    assert made.storage is not None
    assert (made.dtype, made.shape, made.stride, made.offset) == ("float32", (2, 3), (3, 1), 0)
    assert bytes(found.storages[made.storage.name].view) == FLOATS


def test_an_old_file_tells_its_tensors_and_their_octets() -> None:
    found = read_legacy(memoryview(OLD), Budget())
    assert {key: bytes(value) for key, value in found.pieces.items()} == {"0": FLOATS}


def test_a_tensor_in_a_plain_pickle_is_a_file_of_pytorch_within_it() -> None:
    within = old(b"\x80\x02" + storage("k", 6, old=True) + b".", {"k": FLOATS})
    held = (
        named("torch.storage", "_load_from_bytes") + b"B" + struct.pack("<I", len(within)) + within + b"\x85R"
    )
    made = (
        named("torch._utils", "_rebuild_tensor_v2")
        + b"("
        + held
        + b"K\0K\2K\3\x86K\3K\1\x86\x89"
        + named("collections", "OrderedDict")
        + b")RtR"
    )
    assert looked(framed(made)).reasons == ()
    evil = old(b"\x80\x02cos\nsystem\n)R.", {})
    held = named("torch.storage", "_load_from_bytes") + b"B" + struct.pack("<I", len(evil)) + evil + b"\x85R"
    file = looked(framed(held))
    assert file.standing is not Standing.INERT
    assert "os.system" in file.reasons[0].what


@pytest.mark.parametrize(
    "octets",
    [
        one(shape=(2, 4), stride=(3, 1)), one(offset=1), one(shape=(7,), stride=(1,)), one(shape=(2,), stride=(3, 1)), one(shape=(-1,), stride=(1,)),
        one(held=storage("0", 5)), one(held=storage("0", 7)), one(held=storage("1", 6)), one(held=storage("0", 6, "NoStorage")),
        one(held=storage("0", 6, "DoubleStorage")), one(held=storage("0", 6, old=True)), one(held=b"K\1"), one(shape=(1 << 30,), stride=(0,)),
        checkpoint(WEIGHTS, {}), checkpoint(WEIGHTS, {"0": FLOATS, "1": FLOATS}), checkpoint(WEIGHTS, {"0": FLOATS + b"x"}),
        checkpoint(WEIGHTS + b"x", {"0": FLOATS}), checkpoint(WEIGHTS, {"0": FLOATS}, {"notes.txt": b"hello"}), checkpoint(WEIGHTS, {"0": FLOATS}, {"byteorder": b"big"}),
        checkpoint(WEIGHTS, {"0": FLOATS}, {"version": b"three"}), checkpoint(state({"w": tensor(HELD, (2, 3), (3, 1)), "v": tensor(storage("0", 12, "HalfStorage"), (1,), (1,))}), {"0": FLOATS}),
    ],
)  # fmt: skip
def test_what_a_checkpoint_says_of_itself_is_checked_to_the_octet(octets: bytes) -> None:
    file = looked(octets)
    assert file.format == "torch-zip"
    assert file.standing is Standing.UNKNOWN
    assert file.reasons


@pytest.mark.parametrize(
    "octets",
    [
        OLD + b"x", OLD[:-1], OLD.replace(struct.pack("<q", 6), struct.pack("<q", 5)), MAGIC, MAGIC + pickle.dumps(1002, 2) + OLD[len(MAGIC) + 5 :],
        old(WEIGHTS, {"0": FLOATS}), old(state({"w": tensor(storage("0", 6, old=True), (2, 3), (3, 1))}), {"1": FLOATS}), OLD.replace(b"little_endian", b"middle_endian"),
        MAGIC + pickle.dumps(1001, 2) + pickle.dumps({"protocol_version": 1001, "little_endian": True}, 2) + WEIGHTS,
    ],
)  # fmt: skip
def test_what_an_old_file_says_of_itself_is_checked_to_the_octet(octets: bytes) -> None:
    file = looked(octets)
    assert file.format == "torch-legacy"
    assert file.standing is Standing.UNKNOWN


def test_no_storage_may_be_compressed_and_all_is_in_one_folder() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", WEIGHTS)
        archive.writestr("archive/data/0", FLOATS)
    assert looked(kept.getvalue()).standing is Standing.UNKNOWN
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("a/data.pkl", WEIGHTS)
        archive.writestr("b/data/0", FLOATS)
    assert looked(kept.getvalue()).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"constants.pkl": pickle.dumps(()), "code/__torch__/a.py": b"def f(): ..."}, "torchscript"),
        ({".data/extern_modules": b"torch\n", "a/b.pkl": b"\x80\x02N."}, "torch-package"),
        ({"archive_format": b"pt2", "models/model.json": b"{}"}, "torch-pt2"),
    ],
)
def test_what_holds_code_needs_code_and_is_malicious_where_a_pickle_of_it_is(
    more: dict[str, bytes], word: str
) -> None:
    file = looked(checkpoint(WEIGHTS, {"0": FLOATS}, more))
    assert (file.format, file.standing) == (word, Standing.CODE)
    evil = looked(checkpoint(b"\x80\x02cos\nsystem\nX\2\0\0\0id\x85R.", {}, more))
    assert (evil.format, evil.standing) == (word, Standing.MALICIOUS)
    assert evil.reasons[0].member == "archive/data.pkl"


def test_a_whole_module_needs_code() -> None:
    module = (
        b"\x80\x02ctorch.nn.modules.linear\nLinear\n)\x81}X\6\0\0\0weight"
        + tensor(HELD, (2, 3), (3, 1))
        + b"sb."
    )
    file = looked(checkpoint(module, {"0": FLOATS}))
    assert (file.standing, [each.word for each in file.reasons]) == (Standing.CODE, ["code-named"])


def test_a_module_of_an_old_file_with_its_source_needs_code() -> None:
    kept = b"(X\6\0\0\0modulectorch.nn.modules.linear\nLinear\nX\4\0\0\0a.pyX\4\0\0\0passtQ)\x81}b."
    assert looked(old(b"\x80\x02" + kept, {})).standing is Standing.CODE
