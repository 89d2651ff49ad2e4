"""A folder that is disarmed is there in whole, with nothing but what is proven inert, or not at all."""

import json
from pathlib import Path

import pytest

from bartizan.supply.disarm_folder import disarm_folder
from bartizan.supply.rebuild.output import Taken
from bartizan.supply.rebuild.report import Copied, LeftOut, Rebuilt, Refusal
from bartizan.supply.scan import scan
from bartizan.supply.subject import Standing
from tests.artifact.trees import tree
from tests.supply.formats.built import tensors
from tests.supply.formats.made import made
from tests.supply.pickles.written import FLOATS, checkpoint, state, storage, tensor
from tests.supply.rebuild.written import held

SYSTEM = b"cposix\nsystem\nX\2\0\0\0id\x85R"
W = tensor(storage("0", 6), (6,), (1,))
SHARDS = ("pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin")
INDEX = "pytorch_model.bin.index.json"


def shard(*names: str) -> bytes:
    return checkpoint(state({**dict.fromkeys(names, W), "evil": SYSTEM}), {"0": FLOATS})


def index(**files: int) -> bytes:
    tree_ = {"metadata": {}, "weight_map": {name: SHARDS[at] for name, at in files.items()}}
    return json.dumps(tree_).encode()


def source(folder: Path, **more: bytes) -> Path:
    files: dict[str, bytes | str] = {
        "config.json": b"{}",
        SHARDS[0]: shard("a", "b"),
        SHARDS[1]: shard("c"),
        INDEX: index(a=0, b=0, c=1),
    }
    return tree(folder / "model", files | {name.replace("__", "."): each for name, each in more.items()})


def words(folder: Path, path: Path) -> dict[str, str]:
    """Disarm what cannot be kept; return why, by file."""
    said = disarm_folder(path, folder / "new")
    assert not (folder / "new").exists()
    assert all(each.place is None for each in said)
    assert sorted(each.name for each in folder.iterdir()) == ["model"]
    return {
        str(each.path.relative_to(path)): each.result.reason.word
        for each in said
        if isinstance(each.result, Refusal)
    }


def test_shards_are_rebuilt_with_an_index_that_libraries_of_today_know(tmp_path: Path) -> None:
    said = disarm_folder(source(tmp_path), tmp_path / "new")
    new = tmp_path / "new"
    assert sorted(each.name for each in new.iterdir()) == [
        "config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
    ]
    made_ = json.loads((new / "model.safetensors.index.json").read_text())
    assert made_ == {
        "metadata": {"total_size": 72},
        "weight_map": {
            "a": "model-00001-of-00002.safetensors",
            "b": "model-00001-of-00002.safetensors",
            "c": "model-00002-of-00002.safetensors",
        },
    }
    for name, file in made_["weight_map"].items():
        assert held((new / file).read_bytes())[name].octets == FLOATS
    assert {each.file.standing for each in scan([new])} == {Standing.INERT}
    kinds = {each.path.name: type(each.result) for each in said}
    assert kinds == {"config.json": Copied, SHARDS[0]: Rebuilt, SHARDS[1]: Rebuilt, INDEX: LeftOut}


def test_code_is_left_out_and_told(tmp_path: Path) -> None:
    path = source(
        tmp_path, config__json=b'{"auto_map": {"AutoModel": "modeling.Model"}}', modeling__py=b"x = 1\n"
    )
    said = {each.path.name: each.result for each in disarm_folder(path, tmp_path / "new")}
    assert isinstance(said["modeling.py"], LeftOut)
    assert not (tmp_path / "new" / "modeling.py").exists()
    assert {each.file.standing for each in scan([tmp_path / "new"])} == {Standing.INERT}


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({INDEX: index(a=0, b=0, c=1, d=1)}, {INDEX: "shard-differs"}),
        ({INDEX: b'{"weight_map": {"a": "pytorch_model-00003-of-00003.bin"}}'}, {INDEX: "shard-missing"}),
        ({INDEX: b'{"weight_map": {"a": "../../other.bin"}}'}, {INDEX: "shard-missing"}),
        ({INDEX: b'{"weight_map": ["a"]}'}, {INDEX: "index-malformed"}),
        ({INDEX: b"{"}, {INDEX: "json-malformed"}),
        ({SHARDS[1]: shard("c")[:-9]}, {SHARDS[1]: "zip-end", INDEX: "shard-missing"}),
        ({"more.safetensors": tensors()[:-1]}, {"more.safetensors": "cut-off"}),
        ({"more.pt": b"words"}, {"more.pt": "named-otherwise"}),
    ],
)  # fmt: skip
def test_where_one_part_of_a_model_cannot_be_kept_nothing_is_left(
    files: dict[str, bytes], word: dict[str, str], tmp_path: Path
) -> None:
    path = source(tmp_path)
    for name, content in files.items():
        (path / name).write_bytes(content)
    found = words(tmp_path, path)
    assert found == word


def test_files_keep_their_folders_and_names_of_their_own(tmp_path: Path) -> None:
    path = tree(
        tmp_path / "model",
        {
            "pytorch_model.bin": made("state.pt"),
            "model.safetensors": tensors(),
            "deep/er/optimizer.pt": made("state_old.pt"),
            "deep/arrays.npz": made("arrays.npz"),
        },
    )
    disarm_folder(path, tmp_path / "new")
    found = sorted(
        str(each.relative_to(tmp_path / "new")) for each in (tmp_path / "new").rglob("*") if each.is_file()
    )
    assert found == [
        "deep/arrays.safetensors", "deep/er/optimizer.safetensors", "model.safetensors", "pytorch_model.bin.safetensors",
    ]  # fmt: skip
    assert (tmp_path / "new" / "model.safetensors").read_bytes() == tensors()


def test_a_place_within_the_source_or_taken_is_refused(tmp_path: Path) -> None:
    path = source(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    (tmp_path / "link").symlink_to(path)
    for place in (path / "new", path, tmp_path / "full", tmp_path / "link", tmp_path):
        with pytest.raises(Taken):
            disarm_folder(path, place)
    assert len(list(path.iterdir())) == 4


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    path = source(tmp_path)
    (path / "more.bin").symlink_to("/etc/hostname")
    assert words(tmp_path, path) == {"more.bin": "link-leads-out"}


def test_an_empty_folder_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    assert disarm_folder(tmp_path / "model", tmp_path / "new") == []
    assert not (tmp_path / "new").exists()
