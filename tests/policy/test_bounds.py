"""What is let through to Cedar's parser does not end the process; tried in a process of its own, at the bounds."""

import subprocess
import sys

import pytest

from bartizan.policy.bounds import DEEPEST, MOST_OPERATORS, require_bounded
from bartizan.policy.errors import PolicyInvalid

HEAD = '@id("x") permit (principal, action, resource) when { '
READ = """
import sys
from bartizan.access.describe import schema
from bartizan.policy.engine import join
from bartizan.policy.errors import PolicyInvalid
try:
    join({"a": sys.stdin.read()}, schema())
except PolicyInvalid:
    pass
"""
SHAPES = {
    "brackets": ("(", "true", ")", DEEPEST - 1),
    "lists": ("[", "", "]", DEEPEST - 1),
    "records": ("{a: ", "1", "}", DEEPEST - 1),
    "all": ("true && ", "true", "", MOST_OPERATORS),
    "any": ("true || ", "true", "", MOST_OPERATORS),
    "sums": ("1 + ", "1 == 2", "", MOST_OPERATORS - 1),
    "members": ("", "context", ".a", MOST_OPERATORS),
    "conditions": ("if true then true else ", "true", "", MOST_OPERATORS // 2),
    "comparisons": ("true == (", "true", ")", DEEPEST - 1),
}


def shaped(name: str, more: int = 0) -> str:
    before, middle, after, times = SHAPES[name]
    return HEAD + before * (times + more) + middle + after * (times + more) + " };"


@pytest.mark.parametrize("name", SHAPES)
def test_one_more_is_refused(name: str) -> None:
    require_bounded("a", shaped(name))
    with pytest.raises(PolicyInvalid, match="more than"):
        require_bounded("a", shaped(name, 2))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.slow
def test_at_the_bounds_the_process_lives(name: str) -> None:
    cut = shaped(name)
    for text in (cut, cut[: len(cut) // 2]):
        asked = subprocess.run([sys.executable, "-c", READ], input=text, text=True, check=False, timeout=120)
        assert asked.returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        HEAD + 'context.tool == "' + "((((" * 100 + '" };',
        HEAD + "true };\n// " + "((((&&" * 300,
        HEAD + "[" + ", ".join(f'"tool-{n}.x"' for n in range(2000)) + "].contains(context.tool) };",
        "\n".join(HEAD.replace('"x"', f'"x{n}"') + "context.quantum_safe && true };" for n in range(900)),
        HEAD + 'context.tool == "\\"((" };' * 1,
    ],
)
def test_what_is_long_and_flat_is_taken(text: str) -> None:
    require_bounded("a", text)


def test_a_string_without_an_end_hides_nothing() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        require_bounded("a", f'{HEAD}"\n{"(" * 2000}')
    assert caught.value.line == 2


def test_what_is_in_a_string_is_not_told_from_a_comment_by_what_it_says() -> None:
    deep = "(" * 2000
    for text in (f'{HEAD}"//" == {deep}', f'// "\n{HEAD}{deep}', f'{HEAD}"\\\\" == {deep}'):
        with pytest.raises(PolicyInvalid):
            require_bounded("a", text)
