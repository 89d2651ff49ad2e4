"""An adversary puts a pickle where a scanner does not look: by name, by container, by what stands before or after it."""

import gzip
import io
import pickle
import zipfile
import zlib

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.legacy import MAGIC
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.pickles.built import framed, named, text
from tests.supply.pickles.written import CHECKPOINT, FLOATS, OLD, WEIGHTS, checkpoint, npy

CALL = framed(named("os", "system") + text("id") + b"\x85R")
OLD_CALL = b"cos\nsystem\n(S'id'\ntR."


def looked(stream: bytes, name: str = "model.safetensors") -> ModelFile:
    return looker(known())(Octets(stream, name), Budget())


def zipped(members: dict[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members.items():
            archive.writestr(name, octets)
    return kept.getvalue()


@pytest.mark.parametrize(
    "stream",
    [
        CALL,
        OLD_CALL,
        checkpoint(CALL, {}),
        checkpoint(b"\x80\x02" + OLD_CALL, {"0": FLOATS}),
        checkpoint(WEIGHTS[:-1] + OLD_CALL, {"0": FLOATS}),
        MAGIC + CALL,
        OLD.replace(b"\x80\x02M\xe9\x03.", CALL),
        b"\x80\x02cbuiltins\neval\nX\x16\0\0\x000x1950a86a20f9469cfc6c\x85R." + OLD[len(MAGIC) :],
        npy("'|O'", "(1,)", CALL),
        zipped({"notes.txt": CALL}),
        zipped({"arrays/weights.npy": npy("'|O'", "(1,)", CALL)}),
        gzip.compress(CALL, mtime=0),
        zlib.compress(CALL),
        gzip.compress(zipped({"a.bin": gzip.compress(OLD_CALL, mtime=0)}), mtime=0),
    ],
)
def test_a_call_is_found_by_the_octets_whatever_the_file_is_called(stream: bytes) -> None:
    file = looked(stream)
    assert file.standing is Standing.MALICIOUS
    assert any("os.system" in each.what or "builtins.eval" in each.what for each in file.reasons)


@pytest.mark.parametrize(
    "stream",
    [
        CHECKPOINT + CALL,
        CALL + CHECKPOINT,
        OLD + CALL,
        checkpoint(WEIGHTS, {"0": FLOATS}, {"data.pkl.bak": CALL}),
        checkpoint(WEIGHTS, {"0": FLOATS, "../x": b""}),
        checkpoint(WEIGHTS + CALL, {"0": FLOATS}),
        CHECKPOINT.replace(b"archive/data.pkl", b"archive/dota.pkl", 1),
    ],
)
def test_a_checkpoint_with_something_before_within_or_after_it_is_not_inert(stream: bytes) -> None:
    assert looked(stream).standing in {Standing.UNKNOWN, Standing.MALICIOUS}


def test_a_member_twice_is_refused() -> None:
    kept = io.BytesIO(CHECKPOINT)
    with zipfile.ZipFile(kept, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("archive/data.pkl", CALL)
    assert looked(kept.getvalue()).standing is Standing.UNKNOWN


def as_tar(stream: bytes) -> bytes:
    """Return a file with what makes its first block a header of tar, which `torch.load` tries before its own old form."""
    field = slice(148, 156)
    block = bytearray(stream[:512])
    block[field] = b" " * 8
    block[field] = b"%06o\0 " % sum(block)
    return bytes(block) + stream[512:]


@pytest.mark.parametrize("stream", [OLD, pickle.dumps([1, 2])])
def test_a_file_that_a_loader_takes_for_an_old_archive_first_is_not_inert(stream: bytes) -> None:
    machine = pickle.dumps({"protocol_version": 1001, "little_endian": True, "x": "y" * 800}, 2)
    heads = len(MAGIC) + len(pickle.dumps(1001, 2))
    end = stream.index(b".", heads + 40) + 1 if stream is OLD else 0
    whole = stream[:heads] + machine + stream[end:] if end else pickle.dumps("y" * 800, 2)
    assert looked(whole).standing is Standing.INERT
    assert looked(as_tar(whole)).standing is Standing.UNKNOWN
    assert "polyglot" in {each.word for each in looked(as_tar(whole)).reasons}
