"""A rebuilt file is there in whole or not at all, where it was to go and nowhere else."""

import os
from pathlib import Path

import pytest

from bartizan.supply.rebuild import output


def left(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_draft_that_gets_no_place_leaves_nothing(tmp_path: Path) -> None:
    with output.opened(tmp_path) as folder, output.draft(folder) as draft:
        os.write(draft.descriptor, b"half")
        assert len(left(tmp_path)) == 1
    assert left(tmp_path) == []


def test_what_was_placed_is_there_under_its_name_alone(tmp_path: Path) -> None:
    with output.opened(tmp_path) as folder, output.draft(folder) as draft:
        os.write(draft.descriptor, b"whole")
        draft.place("a", force=False)
    assert (left(tmp_path), (tmp_path / "a").read_bytes()) == (["a"], b"whole")


@pytest.mark.parametrize("force", [False, True])
def test_what_is_there_is_replaced_where_that_is_asked_for_alone(tmp_path: Path, *, force: bool) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with output.opened(tmp_path) as folder, output.draft(folder) as draft:
        os.write(draft.descriptor, b"new")
        if force:
            draft.place("a", force=True)
        else:
            with pytest.raises(FileExistsError):
                draft.place("a", force=False)
    assert (left(tmp_path), (tmp_path / "a").read_bytes()) == (["a"], b"new" if force else b"old")


def test_a_file_system_without_second_names_gets_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    with output.opened(tmp_path) as folder:
        with output.draft(folder) as draft:
            draft.place("a", force=False)
        with output.draft(folder) as draft, pytest.raises(FileExistsError):
            draft.place("a", force=False)
    assert left(tmp_path) == ["a"]


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"kept")
    (tmp_path / "a").symlink_to(tmp_path / "kept")
    with output.opened(tmp_path) as folder, output.draft(folder) as draft:
        draft.place("a", force=True)
    assert not (tmp_path / "a").is_symlink()
    assert (tmp_path / "kept").read_bytes() == b"kept"


def test_no_link_is_followed_on_the_way_down(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
    with output.opened(tmp_path / "out") as folder, pytest.raises(OSError, match="sub"):  # noqa: SIM117 - the inner one raises
        with output.below(folder, ("sub", "more")):
            pass
    assert left(tmp_path / "elsewhere") == []


def test_a_folder_is_there_in_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> None:
        with output.whole_folder(tmp_path / "out") as folder, output.below(folder, ("a", "b")):
            assert left(tmp_path) != []
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert left(tmp_path) == []
    with output.whole_folder(tmp_path / "out") as folder, output.below(folder, ("a",)):
        assert not (tmp_path / "out").exists()
    assert left(tmp_path) == ["out"]
    with pytest.raises(output.Taken), output.whole_folder(tmp_path / "out"):
        pass
