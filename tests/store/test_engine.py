import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from bartizan.store.engine import StoreUnusable, forget_log, open_store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_file_of_the_store_is_its_owners_alone(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == ["store.db", "store.db-shm", "store.db-wal"]
        assert [mode(file) for file in files] == [0o600] * 3
    store.dispose()


def test_a_store_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch(0o644)
    path.chmod(0o644)
    with pytest.raises(StoreUnusable, match="chmod 600"):
        open_store(f"sqlite:///{path}")


def test_a_link_in_the_stores_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreUnusable):
        open_store(f"sqlite:///{tmp_path}/store.db")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///:memory:", "postgresql://u:hunter2@h/d", "mysql://x", "store.db", "\n"],
)
def test_another_kind_of_store_is_refused_without_repeating_its_url(url: str) -> None:
    with pytest.raises(StoreUnusable) as caught:
        open_store(url)
    assert "hunter2" not in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="No such file"):
        open_store(f"sqlite:///{tmp_path}/missing/store.db")


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("secure_delete", 1), ("synchronous", 2)],
)
def test_every_connection_keeps_the_rules(tmp_path: Path, pragma: str, value: object) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.connect() as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value
    store.dispose()


def test_what_is_deleted_leaves_no_bytes_behind(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        connection.execute(text("INSERT INTO t VALUES ('find-me-if-you-can')"))
    assert any(b"find-me" in file.read_bytes() for file in tmp_path.iterdir())
    with store.begin() as connection:
        connection.execute(text("DELETE FROM t"))
    assert forget_log(store)
    assert not any(b"find-me" in file.read_bytes() for file in tmp_path.iterdir())
    store.dispose()
