import json

from hypothesis import given
from hypothesis import strategies as st

from bartizan.drill import document
from bartizan.drill.verdict import Result, Tried, Verdict, rows
from tests.drill.scene import attack


@given(st.lists(st.tuples(st.sampled_from(Verdict), st.sampled_from("abc")), max_size=9))
def test_every_figure_reconciles_with_its_parts(attempts: list[tuple[Verdict, str]]) -> None:
    tried = [
        Tried(attack(f"x{place}", control), verdict, "said", 7, entry=place)
        for place, (verdict, control) in enumerate(attempts)
    ]
    told = json.loads(json.dumps(document.encode(Result("00" * 8, "sample", rows(tried), (), 1.0))))
    assert sum(told["counts"].values()) == len(told["controls"])
    assert sum(row["tried"] for row in told["controls"]) == len(told["attacks"]) == len(attempts)
    held = [one for one in told["attacks"] if one["verdict"] == "held"]
    assert sum(row["held"] for row in told["controls"]) == len(held)
