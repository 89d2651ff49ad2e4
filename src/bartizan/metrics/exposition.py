"""Series in the words of Prometheus: its text format 0.0.4.

Rules of this file: pure. A family that has no series yet is not told. Buckets are cumulative and closed above.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby
from typing import Final

from bartizan.metrics.family import Family, Kind, Series

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Content-Type of the text."""


def told(series: Iterable[Series]) -> str:
    """Return the text.

    Args:
        series: those of one family side by side; one family may stand there once.
    """
    return "".join(f"{line}\n" for family, each in groupby(series, _family) for line in _lines(family, each))


def _family(series: Series) -> Family:
    return series.family


def _lines(family: Family, series: Iterable[Series]) -> Iterator[str]:
    name = f"{family.exposed}_total" if family.kind is Kind.COUNTER else family.exposed
    yield f"# HELP {name} {family.what}"
    yield f"# TYPE {name} {family.kind.value}"
    for each in series:
        labels = dict(zip((label.replace(".", "_") for label in family.labels), each.values, strict=True))
        if family.kind is Kind.HISTOGRAM:
            yield from _distribution(name, family, labels, each.numbers)
        else:
            yield f"{name}{_braces(labels)} {_number(each.numbers[0], family.scale)}"


def _distribution(
    name: str, family: Family, labels: dict[str, str], numbers: tuple[int, ...]
) -> Iterator[str]:
    *places, total = numbers
    counts = list(accumulate(places))
    bounds = [*(_number(bound, family.scale) for bound in family.bounds), "+Inf"]
    for bound, count in zip(bounds, counts, strict=True):
        yield f"{name}_bucket{_braces({**labels, 'le': bound})} {count}"
    yield f"{name}_sum{_braces(labels)} {_number(total, family.scale)}"
    yield f"{name}_count{_braces(labels)} {counts[-1]}"


def _braces(labels: dict[str, str]) -> str:
    """Return labels in braces; nothing in them needs an escape."""
    said = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{{{said}}}" if said else ""


def _number(value: int, scale: int) -> str:
    """Return a number in its unit; whole ones without a point."""
    whole, rest = divmod(value, scale)
    return str(whole) if not rest else repr(value / scale)
