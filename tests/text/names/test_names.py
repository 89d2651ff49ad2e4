"""Names are found where they stand, harmless capitals are left alone, and no text is slow or breaks anything."""

import hashlib
import shutil
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from bartizan.text.names import model as module
from bartizan.text.names.features import Sighted
from bartizan.text.names.find import LONGEST, names
from bartizan.text.names.labels import Label
from bartizan.text.names.model import LABELS, Header, Model, ModelUnreadable, classes_of, load, numbers_of
from bartizan.text.names.tokens import folded, tokens

CASES: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("cases.toml").read_text("utf-8"))
MODEL: Final = load()
FIGURES: Final = 80
"""Letters that house numbers, flats and codes may add to a row of words."""


def found(text: str) -> list[tuple[str, str]]:
    return [(name.label.value, text[name.start : name.end]) for name in names(MODEL, text)]


@pytest.mark.parametrize("text", CASES["harmless"])
def test_what_has_capitals_and_no_name_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("case", CASES["text"], ids=lambda case: str(case["said"])[:40])
def test_names_are_found_whole_and_nothing_else_is(case: dict[str, Any]) -> None:
    expected = {(kind, each) for kind in ("person", "place") for each in case.get(kind, ())}
    assert {*found(case["said"])} == expected


@pytest.mark.parametrize("text", CASES["wrong"])
def test_what_it_gets_wrong_is_known(text: str) -> None:
    assert [each for _, each in found(text)] == CASES["wrong"][text]


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_every_letter_of_a_text_is_in_one_token(text: str) -> None:
    seen = tokens(text)
    assert "".join(seen.said) == text
    assert [*map(len, seen.said)] == [
        end - start for start, end in zip([0, *seen.ends], seen.ends, strict=False)
    ]


_PIECES: Final = st.sampled_from(
    [
        "Dr. ",
        "Anna ",
        "anna ",
        "O'Neil's ",
        "von ",
        "Berlin",
        ", ",
        "\n",
        "12 ",
        "Street ",
        "Apt. 3",
        "-",
        ".",
        "I ",
        "A. ",
        "İ",
        "ß",
        "ŁÓDŹ ",
        "x_Y",
        "a.B ",
        "(",
        "’s",
        "北京",
        "Ünal ",
        "  ",
        "\t",
        "MÜLLER/",
        "99999",
        "UK",
    ]
)


@given(st.lists(_PIECES | st.text(max_size=6), max_size=60).map("".join))
def test_names_are_in_order_apart_and_bounded(text: str) -> None:
    upto = 0
    for name in names(MODEL, text):
        assert upto <= name.start < name.end <= len(text)
        assert name.end - name.start <= LONGEST + FIGURES
        assert name.label in {Label.PERSON, Label.PLACE}
        upto = name.end


@given(st.lists(_PIECES, max_size=30).map("".join), st.lists(_PIECES, max_size=8).map("".join))
def test_what_was_decided_far_before_the_end_stays(before: str, after: str) -> None:
    far = " and then nothing else was said about it for quite a while"
    first = names(MODEL, before + far)
    assert [name for name in names(MODEL, f"{before}{far} {after}") if name.end <= len(before)] == [
        name for name in first if name.end <= len(before)
    ]


class Counting(dict[str, str]):
    """A gazetteer that counts how often it is asked."""

    asked = 0

    @override
    def get(self, key: str, default: Any = None) -> Any:
        self.asked += 1
        return super().get(key, default)


@pytest.mark.parametrize(
    "part",
    ["Anna ", "Anna-", "A. ", "von ", "anna ", "Berlin, 12 ", "Anna von der ", "UK\n", "O'Neil's", "- "],
)
def test_the_work_grows_with_the_text_and_no_faster(part: str) -> None:
    asked = list[int]()
    for times in (500, 4_000):
        counting = Counting(MODEL.classes)
        model = Model(MODEL.header, counting, {})
        model.taken(part * times)
        asked.append(counting.asked)
    assert asked[1] <= asked[0] * 8 + 100


def test_the_word_that_a_model_has_no_list_for_is_looked_at_as_well() -> None:
    seen = Sighted("Brindelle said so to anna and x", MODEL.classes)
    assert [seen.words[head] for head in seen.heads] == ["Brindelle", "anna"]


@pytest.mark.parametrize(
    ("word", "said"), [("Müller", "muller"), ("STRASSE", "strasse"), ("Łódź", "lodz"), ("Weiß", "weiss")]
)
def test_marks_are_no_difference(word: str, said: str) -> None:
    assert folded(word) == said


def test_numbers_of_three_labels_add_up_apart() -> None:
    header = Header("2026-11-28", "", "", 0, 0)
    for label in LABELS:
        three = tuple(127 if each is label else -127 for each in LABELS)
        model = Model(header, {}, {"b?": (three[0], three[1], three[2])})
        assert [each.label for each in model.taken("the Quorvath is")[1]] == [label]
    assert [
        each.label for each in Model(header, {}, {"b?": (-127, -127, -127)}).taken("the Quorvath is")[1]
    ] == [Label.NONE]


def test_the_files_say_what_they_are() -> None:
    folder = Path(module.__file__).parent
    gazetteer = folder.joinpath("gazetteer.txt").read_text("utf-8")
    classes = classes_of(gazetteer)
    assert len(classes) == len([line for line in gazetteer.splitlines() if not line.startswith("#")])
    assert {letter for each in classes.values() for letter in each} <= {*"GgSsPpctrodnx"}
    assert all(folded(word) == word for word in classes)
    numbers = numbers_of(folder.joinpath("weights.txt").read_text("utf-8"))
    assert all(abs(number) <= 254 for three in numbers.values() for number in three)
    assert sum(folder.joinpath(f"{name}.txt").stat().st_size for name in ("weights", "gazetteer")) < 2**21


@pytest.mark.parametrize("name", ["weights.txt", "gazetteer.txt", "weights.toml"])
@pytest.mark.parametrize("change", ["gone", "longer"])
def test_a_model_that_is_not_whole_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, change: str
) -> None:
    folder = Path(module.__file__).parent
    for each in ("weights.txt", "gazetteer.txt", "weights.toml"):
        shutil.copy(folder / each, tmp_path)
    monkeypatch.setattr("bartizan.text.names.model.resources.files", lambda _: tmp_path)
    digest = hashlib.sha256((tmp_path / "weights.txt").read_bytes()).hexdigest()
    assert load().header.weights == digest
    file = tmp_path / name
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b"1 1 1 more\n")
    with pytest.raises(ModelUnreadable, match="install Bartizan anew"):
        load()
