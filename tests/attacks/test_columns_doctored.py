"""Who can write to the copy in columns: verification and the tree's own answers stay what they were, and nothing is run.

A count may be wrong for as long as a doctored file has the right name and the archiver has not looked: it is a copy, and
`ledger verify --columns` says which of its files is not what the tree says.
"""

import json
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.ledger.aggregate import Aggregate, aggregate
from bartizan.ledger.columns import pieces, pieces_folder
from bartizan.ledger.query import MOST, Query, query
from bartizan.ledger.verify import verify
from tests.ledger.columned import archived, small_pieces
from tests.ledger.ground import KEYS, Ground, fill

pytestmark = pytest.mark.sources


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    with small_pieces():
        yield


NAME = 'it\'s [a] "state"; DROP TABLE x --*'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with a ledger, its keys and its copy, of which each test gets a copy of its own."""
    state = tmp_path_factory.mktemp("made") / NAME
    with small_pieces():
        ground = Ground(state / "ledger")
        fill(ground, 1, 300)
        ground.sequencer.checkpoint()
        (state / "ledger" / "keys.pub").write_bytes(KEYS.verifiers.encode())
        ground.sequencer.release()
        archived(state / "ledger")
    return state


@pytest.fixture
def state(made: Path, tmp_path: Path) -> Path:
    """A state folder whose name is no comfort, with a ledger, its keys and its copy."""
    return Path(shutil.copytree(made, tmp_path / NAME))


def doctor(ledger: Path, statement: str) -> None:
    """Replace the largest piece by what a statement makes of it, under a name that fits its new content."""
    piece = pieces(ledger)[0]
    path = pieces_folder(ledger) / piece.name
    made = ledger.parent.parent / "made.parquet"
    (ledger.parent.parent / "copy.parquet").write_bytes(path.read_bytes())
    source = str(ledger.parent.parent / "copy.parquet")
    duckdb.execute(f"COPY ({statement}) TO '{made}' (FORMAT parquet)", [source])
    content = made.read_bytes()
    path.unlink()
    (pieces_folder(ledger) / piece.of(content).name).write_bytes(content)


DOCTORED = {
    "rows left out": "SELECT * FROM read_parquet($1) WHERE index % 2 = 0",
    "rows made up": "SELECT * FROM read_parquet($1) UNION ALL SELECT * FROM read_parquet($1)",
    "another outcome": "SELECT * REPLACE ('allowed' AS outcome) FROM read_parquet($1)",
    "other columns": "SELECT 1 AS x FROM read_parquet($1)",
    "other types": "SELECT * REPLACE ('<script>' AS \"at\") FROM read_parquet($1)",
    "lists for words": 'SELECT * REPLACE ([kind] AS kind, [[7]] AS "detail.octets") FROM read_parquet($1)',
    "octets for words": "SELECT * REPLACE ('\\xFF'::BLOB AS kind) FROM read_parquet($1)",
    "a huge number": 'SELECT * REPLACE (9223372036854775807 AS "detail.octets") FROM read_parquet($1)',
    "nothing": "SELECT * FROM read_parquet($1) WHERE false",
}


@pytest.mark.parametrize("how", DOCTORED)
def test_a_doctored_piece_changes_no_proof_and_no_entry(state: Path, how: str) -> None:
    ledger = state / "ledger"
    before = query(ledger, Query(limit=MOST))
    doctor(ledger, DOCTORED[how])
    assert verify(ledger, KEYS.verifiers).faults == ()
    assert query(ledger, Query(limit=MOST)) == before
    for row in aggregate(ledger, Aggregate(("kind",), of="octets")).rows:  # right or wrong, it answers
        assert isinstance(row.values[0], str)
        assert row.measured is None or isinstance(row.measured.most, int)


@pytest.mark.parametrize("how", DOCTORED)
def test_who_compares_the_copy_with_the_tree_finds_the_piece(
    state: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ledger", "verify", "--columns", "--json", "--state", str(state)]
    assert run(words) == Exit.CLEAN
    assert json.loads(capsys.readouterr().out)["columns"]["differing"] == []
    doctor(state / "ledger", DOCTORED[how])
    assert run(words) == Exit.FINDINGS
    told = json.loads(capsys.readouterr().out)
    assert told["intact"] is True
    assert [one["first"] for one in told["columns"]["differing"]] == [0]


def test_a_piece_that_is_no_parquet_is_passed_over(state: Path) -> None:
    ledger = state / "ledger"
    before = aggregate(ledger, Aggregate())
    for content in (b"", b"PAR1" * 100, b"PAR1" + bytes(1000) + b"PAR1", b"\xff" * 9000):
        piece = pieces(ledger)[0]
        (pieces_folder(ledger) / piece.name).unlink()
        (pieces_folder(ledger) / piece.of(content).name).write_bytes(content)
        assert aggregate(ledger, Aggregate()).rows == before.rows


HOSTILE = (
    "'; COPY (SELECT 1) TO 'x'; --",
    "' OR '' = (SELECT content FROM read_text('secret.txt')) --",
    '"',
    "%",
    "$files",
)


def test_no_argument_of_the_command_line_is_part_of_a_statement(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = state / "secret.txt"
    secret.write_text("the secret")
    before = sha256((state / "ledger" / "tree.db").read_bytes()).digest()
    for text in HOSTILE:
        for option in ("--actor", "--subject", "--control"):
            words = ["ledger", "query", "--state", str(state), "--count-by", "kind", option, text]
            assert run(words) == Exit.CLEAN
            assert "no entry is like that" in capsys.readouterr().err
        for option in ("--count-by", "--measure", "--bucket", "--kind", "--outcome", "--since", "--until", "--first", "--limit"):  # fmt: skip
            words = ["ledger", "query", "--state", str(state), option, text]
            if option != "--count-by":
                words += ["--count-by", "kind"]
            assert run(words) == Exit.USAGE
            assert "the secret" not in capsys.readouterr().err
    assert sha256((state / "ledger" / "tree.db").read_bytes()).digest() == before
    assert not Path("x").exists()


def test_a_state_folder_of_any_name_is_counted_from_its_copy(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(["ledger", "query", "--state", str(state), "--count-by", "kind,status", "--json"]) == Exit.CLEAN
    )
    told = json.loads(capsys.readouterr().out)
    assert told["source"] == "columns"
    assert {row["by"]["kind"]: row["entries"] for row in told["rows"]}["gateway.request.completed"] == 300
