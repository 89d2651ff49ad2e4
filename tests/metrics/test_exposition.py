"""The text says what the series say, read by Prometheus' own parser."""

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bartizan.metrics.exposition import told
from bartizan.metrics.family import Family, Kind, Series

SEEN = Family("seen.so_far", Kind.COUNTER, "Seen.", ("who", "error.type"))
STANDS = Family("stands", Kind.GAUGE, "Stands.", (), "By")
TOOK = Family("took", Kind.HISTOGRAM, "Took.", ("who",), "s", 1000, (1, 500, 2500))
VALUES = st.sampled_from(["", "a", "b.c", "d-1"])
NUMBERS = st.integers(0, 2**60)


@given(
    seen=st.dictionaries(st.tuples(VALUES, VALUES), NUMBERS),
    stands=NUMBERS,
    took=st.dictionaries(VALUES, st.lists(st.integers(0, 2**40), min_size=4, max_size=4)),
)
def test_a_parser_of_prometheus_reads_the_same_numbers(
    seen: dict[tuple[str, str], int], stands: int, took: dict[str, list[int]]
) -> None:
    text = told(
        [
            *(Series(SEEN, labels, (count,)) for labels, count in seen.items()),
            Series(STANDS, (), (stands,)),
            *(Series(TOOK, (who,), (*places, 1500)) for who, places in took.items()),
        ]
    )
    found = {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for labels, count in seen.items():
        assert found["seen_so_far_total", labels] == (count)
    assert found["stands_bytes", ()] == (stands)
    for who, places in took.items():
        for bound, upto in (("0.001", 1), ("0.5", 2), ("2.5", 3), ("+Inf", 4)):
            assert found["took_seconds_bucket", (who, bound)] == (sum(places[:upto]))
        assert found["took_seconds_count", (who,)] == (sum(places))
        assert math.isclose(found["took_seconds_sum", (who,)], 1.5)
    assert len(found) == len(seen) + 1 + 6 * len(took)


def test_each_family_is_explained_once() -> None:
    text = told([Series(SEEN, ("a", ""), (1,)), Series(SEEN, ("b", ""), (2,))])
    assert text == (
        "# HELP seen_so_far_total Seen.\n# TYPE seen_so_far_total counter\n"
        'seen_so_far_total{who="a",error_type=""} 1\nseen_so_far_total{who="b",error_type=""} 2\n'
    )
