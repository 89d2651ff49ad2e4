"""Files of PyTorch that PyTorch wrote: the rebuilt file has its tensors octet for octet, whatever the source would have run."""

import json
import pickle
from pathlib import Path

import pytest

from bartizan.supply.rebuild.report import Rebuilt
from bartizan.supply.subject import Standing
from tests.supply.formats.made import made
from tests.supply.pickles.written import (
    FLOATS,
    checkpoint,
    joblib,
    npy,
    old,
    state,
    storage,
    tensor,
)
from tests.supply.rebuild.written import Held, held, kept, metadata, rebuilt, word

WHOLE = {"state.pt": "state", "state_old.pt": "state", "evil.pt": "state", "evil_old.pt": "state"}
MODULES = {"module.pt": "module", "script.pt": "module"}
STORED = storage("0", 6)
SYSTEM = b"cposix\nsystem\nX\2\0\0\0id\x85R"


@pytest.mark.parametrize(("name", "reference"), [*WHOLE.items(), *MODULES.items()])
def test_tensors_are_those_that_pytorch_and_safetensors_write(
    name: str, reference: str, tmp_path: Path
) -> None:
    assert kept(made(name), tmp_path) == held(made(f"{reference}.safetensors"))


def test_a_whole_module_becomes_the_file_that_its_state_dict_is(tmp_path: Path) -> None:
    assert rebuilt(made("module.pt"), tmp_path)[1] == made("module.safetensors")


@pytest.mark.parametrize(
    ("name", "verdict", "cut"),
    [
        ("state.pt", Standing.INERT, []),
        ("evil.pt", Standing.MALICIOUS, ["posix.system"]),
        ("evil_old.pt", Standing.MALICIOUS, ["posix.system"]),
        (
            "module.pt",
            Standing.CODE,
            [
                "torch.nn.modules.container.Sequential",
                "torch.nn.modules.linear.Linear",
                "torch.nn.modules.batchnorm.BatchNorm1d",
                "torch.nn.modules.conv.Conv2d",
            ],
        ),
    ],
)
def test_what_was_cut_is_told_by_name_and_place(
    name: str, verdict: Standing, cut: list[str], tmp_path: Path
) -> None:
    said, _ = rebuilt(made(name), tmp_path)
    assert isinstance(said, Rebuilt)
    assert (said.verdict, [f"{each.module}.{each.name}" for each in said.cut]) == (verdict, cut)
    for each in said.cut:
        data = made(name)
        start = data.index(each.name.encode()) if not each.member else 0
        assert each.offset >= 0
        assert not each.member or each.member.endswith("/data.pkl")
        assert each.member or data[each.offset : start].startswith(b"c")


def test_values_that_are_no_tensors_are_kept_as_metadata_or_told(tmp_path: Path) -> None:
    said, new = rebuilt(made("evil.pt"), tmp_path)
    assert isinstance(said, Rebuilt)
    values = json.loads(metadata(new)["values"])
    assert values["epoch"] == 3
    assert values["note"] == "hi"
    assert values["opt.param_groups.0.lr"] == 0.1
    assert [(each.name, each.what) for each in said.left] == [("evil", "what posix.system would make")]
    assert metadata(new)["format"] == "pt"


def test_nothing_that_stands_in_the_rebuilt_file_names_what_was_cut(tmp_path: Path) -> None:
    _, new = rebuilt(made("evil.pt"), tmp_path)
    assert b"posix" not in new
    assert b"touch" not in new


def one(held_: bytes, shape: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> bytes:
    return checkpoint(state({"w": tensor(held_, shape, stride, offset)}), {"0": FLOATS})


def test_an_instruction_run_before_the_state_dict_changes_nothing_of_it(tmp_path: Path) -> None:
    """Fickling puts a call that nobody asks for before everything else."""
    first = b"\x80\x02" + SYSTEM + b"0"
    evil = checkpoint(
        first + state({"w": tensor(STORED, (2, 3), (3, 1))}).removeprefix(b"\x80\x02"), {"0": FLOATS}
    )
    said, new = rebuilt(evil, tmp_path)
    assert isinstance(said, Rebuilt)
    assert said.verdict is Standing.MALICIOUS
    assert held(new) == {"w": Held("F32", (2, 3), FLOATS)}
    assert said.left == ()


def test_a_tensor_that_code_would_make_is_told_and_not_kept(tmp_path: Path) -> None:
    made_ = b"ctorch._utils\n_rebuild_parameter\n(" + SYSTEM + b"\x88ccollections\nOrderedDict\n)RtR"
    evil = checkpoint(state({"w": tensor(STORED, (6,), (1,)), "v": made_}), {"0": FLOATS})
    said, new = rebuilt(evil, tmp_path)
    assert isinstance(said, Rebuilt)
    assert list(held(new)) == ["w"]
    assert [each.name for each in said.left] == ["v"]


def test_a_parameter_with_attributes_is_the_tensor_that_it_is(tmp_path: Path) -> None:
    given = tensor(STORED, (6,), (1,)) + b"\x88ccollections\nOrderedDict\n)R}"
    made_ = b"ctorch._utils\n_rebuild_parameter_with_state\n(" + given + b"tR"
    assert kept(checkpoint(state({"w": made_}), {"0": FLOATS}), tmp_path) == {"w": Held("F32", (6,), FLOATS)}


def test_what_is_wrong_with_more_than_its_code_is_refused(tmp_path: Path) -> None:
    beyond = tensor(STORED, (2, 4), (3, 1))
    evil = state({"w": beyond, "x": SYSTEM})
    assert word(checkpoint(evil, {"0": FLOATS}), tmp_path) == "call-refused"
    assert word(checkpoint(evil, {"0": FLOATS[:-4]}), tmp_path) == "call-refused"
    sound = state({"w": tensor(STORED, (6,), (1,)), "x": SYSTEM})
    assert word(checkpoint(sound, {"0": FLOATS[:-4]}), tmp_path) == "torch-damaged"
    assert word(checkpoint(sound, {}), tmp_path) == "torch-damaged"
    assert word(checkpoint(sound, {"0": FLOATS, "1": FLOATS}), tmp_path) == "torch-damaged"
    assert word(checkpoint(sound + b"x", {"0": FLOATS}), tmp_path) == "octets-after"
    assert word(made("evil_old.pt") + b"x", tmp_path) == "octets-after"
    assert word(made("evil_old.pt")[:-1], tmp_path) == "torch-damaged"


def test_many_names_do_not_hide_what_else_is_wrong(tmp_path: Path) -> None:
    """A scan tells the first reasons alone; disarming looks at them all."""
    named = {f"n{number}": f"cno.such{number}\nname\n)R".encode() for number in range(200)}
    many = state({**named, "w": tensor(STORED, (2, 4), (3, 1))})
    assert word(checkpoint(many, {"0": FLOATS}), tmp_path) == "call-refused"


def test_code_that_is_not_torchscript_is_not_taken_apart(tmp_path: Path) -> None:
    package = checkpoint(state({}), {}, {".data/extern_modules": b"torch\n", "a/b.pkl": b"\x80\x02N."})
    assert word(package, tmp_path) == "code-held"


@pytest.mark.parametrize("class_", ["ComplexDouble", "QInt8"])
def test_types_that_safetensors_does_not_have_are_refused_by_name(class_: str, tmp_path: Path) -> None:
    width = {"ComplexDouble": 16, "QInt8": 1}[class_]
    held_ = storage("0", 6, f"{class_}Storage")
    octets = checkpoint(state({"w": tensor(held_, (6,), (1,))}), {"0": bytes(6 * width)})
    said, _ = rebuilt(octets, tmp_path)
    assert not isinstance(said, Rebuilt)
    assert said.reason.word == "tensor-type"
    assert "'w'" in said.reason.what


def test_a_file_without_tensors_leaves_nothing_to_keep(tmp_path: Path) -> None:
    assert word(pickle.dumps({"a": 1}, 2), tmp_path) == "no-tensors"
    assert word(old(b"\x80\x02" + SYSTEM + b".", {}), tmp_path) == "no-tensors"


def test_arrays_of_plain_pickles_and_of_joblib_are_kept(tmp_path: Path) -> None:
    within = old(
        b"\x80\x02" + state({"w": tensor(storage("k", 6, old=True), (6,), (1,))}).removeprefix(b"\x80\x02"),
        {"k": FLOATS},
    )
    made_ = b"\x80\x03ctorch.storage\n_load_from_bytes\nB" + len(within).to_bytes(4, "little")
    assert kept(made_ + within + b"\x85R.", tmp_path) == {"w": Held("F32", (6,), FLOATS)}
    assert kept(joblib(FLOATS, 3), tmp_path) == {"0": Held("F64", (3,), FLOATS)}


def test_what_has_no_tensors_of_its_own_is_refused(tmp_path: Path) -> None:
    assert word(b"words\n", tmp_path) == "not-rebuilt"
    assert word(b"\0\1\2\3" * 9, tmp_path) == "format-unknown"
    assert word(npy("'<f4'", "(6,)", FLOATS)[:-1], tmp_path) in {"not-rebuilt", "npy-damaged"}
