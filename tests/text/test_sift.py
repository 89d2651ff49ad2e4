"""The quick questions never lose what the decoders, asked for everything, would have found."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.text import read as reading
from bartizan.text.canonical import canonical
from bartizan.text.decode import octets
from bartizan.text.decode.sift import worth
from bartizan.text.read import Read, read
from fuzz.target import kept
from tests.text.test_canonical import TEXTS
from tests.text.test_read import DISGUISES, OTHERS, SAID

ROOT = Path(__file__).parents[2]
GUARD = ROOT.parent / "shared" / "data" / "guard"
DECODERS = dict(reading._OF_A_VIEW)
SPELLED = DISGUISES.keys() - {"tags", "selectors", "bits"}
ALPHABETS = (
    "abcfgwxyzABC019+/_-= \n\r\t",
    "09afAF x\\,:-\n",
    "01 ,\n",
    "0123456789 ,\n",
    "%&#;\\uxX{}0469aAfF ",
    "aI1. -_*|~/,\n?é",
    "aeiost431057@$!|+€£&( \n",
    "vtaberyncikh \n.3",
)
ROWS = st.one_of(*(st.text(st.sampled_from(alphabet), max_size=80) for alphabet in ALPHABETS))
WORDS = st.lists(
    st.sampled_from([*SAID.split(), "1gn0r3", "pr3v10u5", "(word", "vtaber", "erongi", "i g n o r e"])
)
WRITTEN = st.builds(
    lambda write, text, before, after: f"{before}{write(text)}{after}",
    st.sampled_from(
        [*(DISGUISES[name] for name in sorted(SPELLED)), *(write for _reading, write in OTHERS.values())]
    ),
    st.builds(
        lambda words, more: " ".join(words) + more, WORDS, st.text(st.characters(codec="utf-8"), max_size=8)
    ),
    ROWS,
    ROWS,
)


def holds(text: str) -> None:
    """Assert that every decoder that is not named for a text finds nothing in it."""
    names = worth(text)
    for name, decoder in DECODERS.items():
        assert name in names or not [*decoder(text)], name


@given(st.one_of(ROWS, TEXTS, st.lists(ROWS).map("".join)))
@example("aGVsbG8=\nd29ybGRz")
@example("abcdefg= aWdub3Jl")
@example("q8OrAMMA6QDoAO0A6gA=")
@example("cmVhZCBtZSBub3c gggggggggggg " + "hhhhhhhhh " * 12)
@example("xx gggggggggggg cmVhZCBtZSBub3c gggggggggggg " + "hhhhhhhhh " * 12)
@example("é h e l l o é")
@example("?0_0_0_0")
@example("&A000;")
@example("c1c1!|(0+€(4€")
def test_a_decoder_that_is_not_named_finds_nothing(text: str) -> None:
    holds(text)


@given(WRITTEN)
def test_nor_in_what_somebody_wrote_so(text: str) -> None:
    holds(text)
    holds(canonical(text).view.text)


@pytest.mark.parametrize("name", sorted(SPELLED))
def test_what_is_written_so_is_named(name: str) -> None:
    assert name in worth(DISGUISES[name](SAID))


@pytest.mark.parametrize(
    "text", ["", "Plain words, and no more.", "x = f(a)[0]  # 3 of 5", "日本語", "2026-11-27"]
)
def test_a_plain_text_is_worth_none(text: str) -> None:
    assert not worth(text)


@given(st.one_of(ROWS, st.lists(ROWS).map("é".join)))
@pytest.mark.parametrize(
    ("name", "pattern"), [("hex", octets._HEX), ("binary", octets._BINARY), ("decimal", octets._DECIMAL)]
)
def test_rows_of_numbers_are_those_of_the_pattern_alone(
    name: str, pattern: re.Pattern[str], text: str
) -> None:
    found = [part.span() for part in octets._rows(name, text, pattern)]
    assert found == [part.span() for part in pattern.finditer(text)]


def alike(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assert that a text is read the same with every decoder called."""
    quick = read(text)
    with monkeypatch.context() as patched:
        patched.setattr(reading, "worth", lambda _text: DECODERS.keys())
        slow = read(text)
    assert told(quick) == told(slow)


def told(seen: Read) -> tuple[object, ...]:
    views = [(view.reading, view.text, view.origin(0, len(view.text))) for view in seen.views if view.text]
    return views, seen.disguises, seen.whole


def corpus() -> Iterator[str]:
    for _label, kept_octets in kept("read"):
        yield kept_octets.decode("utf-8", "surrogateescape")
    for path in (
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("src/bartizan/text/**/*.py"),
        *ROOT.glob("tests/text/*.py"),
    ):
        yield path.read_text("utf-8")


def test_the_corpus_of_fuzzing_and_the_documents_here_are_read_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [*corpus()]
    assert len(texts) > 100
    for text in texts:
        alike(text, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["benign.jsonl", "train.jsonl"])
def test_prompts_are_read_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (GUARD / name).exists():
        pytest.skip(f"needs ../shared/data/guard/{name}")
    lines = (GUARD / name).read_text("utf-8").splitlines()
    for line in lines[::20]:
        alike(json.loads(line)["text"], monkeypatch)
