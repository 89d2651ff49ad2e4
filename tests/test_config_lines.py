"""Where each key stands: exact, for every way that TOML has of writing one."""

import json
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.config_lines import Path, locate

EXAMPLE = '''# a comment = 1
plain = 1
"quoted key" = 2
'lit.eral' = 3
"esc\\u0061ped" = 4
dotted.inner . "third" = 5
text = """
not = 6
[neither]
"""
raw = \'\'\'
nor = 7 \'\' \'\'\'
ends = """a"""""
list = [ 8, # one
  9, [10,
  11], { deep = 12, deeper.est = 13 }
]
inline = { a = 1, b = { c = "}" }, "d" = [ "]", 2 ] } # after

[table]   # head
key = 1
[table.sub . "dotted.name"]
key = 2
[[many]]
name = 1
[many.below]
name = 2
[[many]]
[[many.more]]
x = 1
[[many.more]]
x = 2
'''


def test_every_form_of_key_is_found_on_its_line() -> None:
    found = locate(EXAMPLE)
    expected: dict[Path, int] = {
        ("plain",): 2,
        ("quoted key",): 3,
        ("lit.eral",): 4,
        ("escaped",): 5,
        ("dotted", "inner", "third"): 6,
        ("text",): 7,
        ("raw",): 11,
        ("ends",): 13,
        ("list",): 14,
        ("list", 1): 15,
        ("list", 2, 1): 16,
        ("list", 3, "deeper", "est"): 16,
        ("inline", "b", "c"): 18,
        ("inline", "d", 1): 18,
        ("table",): 20,
        ("table", "sub", "dotted.name", "key"): 23,
        ("many", 0): 24,
        ("many", 0, "below", "name"): 27,
        ("many", 1): 28,
        ("many", 1, "more", 1, "x"): 32,
    }
    assert {path: found.get(path) for path in expected} == expected


def leaves(where: Path, value: object) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves((*where, name), inner)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves((*where, position), inner)
    else:
        yield where, value


def test_nothing_is_found_that_tomllib_does_not_find() -> None:
    document = tomllib.loads(EXAMPLE)
    known = {path[:length] for path, _ in leaves((), document) for length in range(1, len(path) + 1)}
    assert set(locate(EXAMPLE)) <= known | {("many", 1)}


KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True),
    st.text(max_size=5)
    .map(lambda text: json.dumps(text).replace("\x7f", "\\u007f"))
    .filter(lambda text: "\\ud" not in text),
    st.from_regex(r"'[a-z .#=\[\]{}\"]{0,6}'", fullmatch=True),
)
FILLER = st.sampled_from(
    ["", "# = [x]", '"""\n[no]\nk = 1 # """', "'''\n]]\n'''", '"]#"', "[ 1,\n 2 ]", "{ a = 'b' }"]
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[int, int]]:
    """Return a document and, for each of its numbers, the line that it stands on."""
    lines: list[str] = []
    marks: dict[int, int] = {}
    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(["key", "key", "key", "table", "tables", "blank", "filler", "array"]))
        key = draw(st.sampled_from([" . ", ".", "."])).join(draw(st.lists(KEYS, min_size=1, max_size=3)))
        number = len(marks) + 1000
        here = "\n".join(lines).count("\n") + (2 if lines else 1)
        match kind:
            case "key":
                lines.append(f"{draw(st.sampled_from(['', '  ', chr(9)]))}{key} = {number} # x = 1")
                marks[number] = here
            case "table":
                lines.append(f"[ {key} ] # head")
            case "tables":
                lines.append(f"[[{key}]]")
            case "array":
                lines.append(f"{key} = [ 'x, ]', # c\n\n {{ {draw(KEYS)} = {number} }} ,\n]")
                marks[number] = here + 2
            case "filler":
                value = draw(FILLER)
                lines.append(value if value.startswith("#") or not value else f"{key} = {value}")
            case _:
                lines.append("")
    return "\n".join(lines), marks


@given(documents())
def test_each_value_is_found_on_the_line_that_it_stands_on(drawn: tuple[str, dict[int, int]]) -> None:
    text, marks = drawn
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # the same key twice, or the like: such a document is refused before
    found = locate(text)
    for path, value in leaves((), document):
        assert path in found, path
        if value in marks and isinstance(value, int):
            assert found[path] == marks[value]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "a=1", "a = 1\r\nb = 2\r\n"])
def test_short_documents(text: str) -> None:
    assert len(locate(text)) == len(tomllib.loads(text))
