"""What the model of names learns from is written the same way each time, labelled where its names stand, and holds no labelled text of others."""

import json
import random
from pathlib import Path
from typing import Final

import pytest

from bartizan.text.names.labels import Label
from bartizan.text.names.model import __file__ as model_file
from bartizan.text.names.model import classes_of
from tools.train_names.people import rows_of as rows_of_people
from tools.train_names.people import texts_of
from tools.train_names.rows import rows_of
from tools.train_names.written import Writer

CLASSES: Final = classes_of(Path(model_file).with_name("gazetteer.txt").read_text("utf-8"))


def writer() -> Writer:
    return Writer(CLASSES, random.Random(7))  # noqa: S311 - texts, no secret


def test_the_same_texts_are_written_each_time_and_names_stand_where_it_is_said() -> None:
    one, other = writer(), writer()
    labels = set[Label]()
    for _ in range(400):
        text = one.text()
        assert text == other.text()
        assert "{" not in text.said or '"' in text.said  # a slot that nothing fills; JSON has braces
        upto = 0
        for start, end, label in text.names:
            assert upto <= start < end <= len(text.said)
            assert text.said[start:end].strip()
            labels.add(label)
            upto = end
    assert labels == {Label.PERSON, Label.PLACE, Label.ORGANISATION}


def test_each_word_is_learned_as_what_it_stands_in() -> None:
    said = "Dear Ms. Quorvath, I met Anna in Oslo."
    names = [
        (said.index(each), said.index(each) + len(each), label)
        for each, label in (("Quorvath", Label.PERSON), ("Anna", Label.PERSON), ("Oslo", Label.PLACE))
    ]
    learned = [row.label for row in rows_of(said, names, CLASSES)]
    assert learned == [Label.NONE, Label.NONE, Label.PERSON, Label.PERSON, Label.PLACE]


SURELY_NONE: Final = {
    "The Zorblatt Framework is open.": 3,
    "I asked Anna Kowalski.": 0,
    "Our Anna Framework is open.": 0,
}


@pytest.mark.parametrize("said", SURELY_NONE)
def test_of_peoples_texts_only_what_is_surely_no_name_is_learned(said: str) -> None:
    assert [row.label for row in rows_of_people(said, CLASSES, 1.0)] == [Label.NONE] * SURELY_NONE[said]


def test_texts_with_labelled_names_are_not_read(tmp_path: Path) -> None:
    rows = [
        {"text": f"said {source}", "source": source}
        for source in ("s-labs", "presidio-research", "gpteacher")
    ]
    for name in ("train.jsonl", "benign.jsonl"):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert {*texts_of(tmp_path, 99)} == {"said s-labs", "said gpteacher"}
