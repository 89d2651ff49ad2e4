"""YAML as plain data with its lines: one reading, bounded, and no object out of a tag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.litellm.document import LARGEST, Value, YamlRefused, read_yaml

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "a: &a {k: v}\n" + "".join(
    f"{name}: &{name} {{<<: [{','.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
PIECES = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            ": ",
            "\n",
            "- ",
            "  ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&x ",
            "*x",
            "<<: ",
            "!!python/object/apply:os.system ",
            "!t ",
            "'",
            '"',
            "|",
            ">",
            "#",
            "? ",
            "---\n",
            "...\n",
            "1",
            "true",
            "~",
            "\t",
            "\x00",
            "é",
            "0x1f",
            "1e400",
            "2001-01-01",
            "%TAG",
        ]
    ),
    max_size=40,
)


def plain(value: Value) -> object:
    if isinstance(value.data, dict):
        return {name: plain(one) for name, one in value.data.items()}
    return [plain(one) for one in value.data] if isinstance(value.data, list) else value.data


def test_values_know_their_lines() -> None:
    found = read_yaml("a: 1\n\nb:\n  - x: yes\n    y: null\n  - 1.5\n")
    assert plain(found) == {"a": 1, "b": [{"x": True, "y": None}, "1.5"]}
    assert (found.at("a").line, found.at("b").items[0].at("x").line, found.at("b").items[1].line) == (1, 4, 6)
    assert found.at("b", "nothing", "there").data is None


def test_a_number_with_two_readings_stays_text() -> None:
    """YAML 1.1 reads 010 as eight, YAML 1.2 as ten."""
    assert plain(read_yaml("a: 010\nb: 10\nc: 0\n")) == {"a": "010", "b": 10, "c": 0}


def test_what_an_alias_stands_for_is_there_and_its_own_keys_win() -> None:
    text = "base: &b {k: 1, m: 2}\nother: &o {m: 3, n: 4}\none:\n  <<: [*b, *o]\n  k: 9\ntwo: *b\n"
    found = plain(read_yaml(text))
    assert isinstance(found, dict)
    assert (found["one"], found["two"]) == ({"k": 9, "m": 2, "n": 4}, {"k": 1, "m": 2})


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        (BOMB, "values, those of aliases counted each time", None),
        (MERGED, "values, those of aliases counted each time", None),
        ("a: &a [*a]\n", "contains itself", 1),
        ("a: &a\n  b: *a\n", "contains itself", 1),
        ("x: " + "[" * 40 + "]" * 40, "levels deep", 1),
        ("[" * 20_000, "levels deep", 1),
        ("- a\n" * 25_000, "more than 20000 values", 20_000),
        ("a: 1\nb: 2\na: 3\n", "stands twice", 3),
        ("a: !!python/object/apply:os.system ['id']\n", "more than plain data", 1),
        ("a: !!binary aGk=\n", "more than plain data", 1),
        ("? [a, b]\n: c\n", "not plain text", 1),
        ("a: [1\n", "not YAML", 2),
        ("a: 1\n---\nb: 2\n", "not YAML", 2),
        ("a: \x07\n", "not YAML", 0),
        ("<<: 1\n", "merge", 1),
        ("", "empty", 0),
        ("a" * (LARGEST + 1), "larger than", 0),
    ],
)
def test_what_is_not_taken_is_named_with_its_line(text: str, said: str, line: int | None) -> None:
    with pytest.raises(YamlRefused, match=said) as fault:
        read_yaml(text)
    assert line is None or fault.value.line == line


@given(pieces=PIECES)
def test_nothing_that_looks_like_yaml_ends_otherwise(pieces: list[str]) -> None:
    try:
        found = read_yaml("".join(pieces))
    except YamlRefused as fault:
        assert fault.what.isprintable()  # noqa: PT017 - either end is right
        return
    assert isinstance(found, Value)


def test_a_value_of_the_file_stands_in_no_message() -> None:
    for text in (
        "key: sk-very-secret\nkey: 1\n",
        "key: 'sk-very-secret\n",
        "a: !sk-very-secret 1\n",
        "k: *sk-very-secret\n",
    ):
        with pytest.raises(YamlRefused) as fault:
            read_yaml(text)
        assert "very-secret" not in fault.value.what
