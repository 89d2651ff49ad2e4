"""What every format of model files promises for whatever octets, and how the targets ask it.

The first octet of an input chooses the format; the rest is the file.
"""

from collections.abc import Callable, Sequence

from bartizan.supply.format import Damaged, Format, Read
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from bartizan.supply.subject import MOST_REASONS, ModelFile, Reason, Standing

NAMES = {"jinja": "chat_template.jinja", "markup": "page.html", "yaml": "config.yaml"}
_WORK = 300_000
_LONGEST_REASON = 400


def _look(_: Octets, __: Budget) -> ModelFile:
    return ModelFile("unknown", Standing.UNKNOWN, (Reason("format-unknown", "unknown", Standing.UNKNOWN),))


def said(shape: Format, octets: bytes) -> str:
    """Return a word for what a format says of octets, once its promises are kept."""
    file = Octets(octets, NAMES.get(shape.name, "model"))
    if not shape.knows(file):
        return "other"
    budget = Budget(operations=_WORK, expanded=1 << 20)
    try:
        read = shape.read(file, budget, _look)
    except Damaged as fault:  # `look` makes reasons of these three
        read = Read((fault.reason,))
    except (TooShort, Exhausted):
        return "not whole"
    assert len(read.reasons) <= MOST_REASONS
    assert budget.operations > -_WORK
    for reason in read.reasons:
        assert reason.what.isprintable()
        assert reason.member.isprintable()
        assert len(reason.what) < _LONGEST_REASON
    worst = next((reason.word for reason in read.reasons if reason.standing is read.standing), "")
    assert worst or read.standing is Standing.INERT
    return f"{read.standing.value} {worst}"


def chosen(shapes: Sequence[Format], *, ended: frozenset[str] = frozenset()) -> Callable[[bytes], str]:
    """Return the run of a target: the format by the first octet.

    Args:
        shapes: that are tried.
        ended: names of those that have an end, of which no beginning is ever inert.
    """

    def run(data: bytes) -> str:
        if not data:
            return "nothing"
        shape, octets = shapes[data[0] % len(shapes)], data[1:]
        word = said(shape, octets)
        if word.startswith(Standing.INERT.value) and shape.name in ended:
            assert not said(shape, octets[:-1]).startswith(Standing.INERT.value)
            assert not said(shape, octets + b"\0").startswith(Standing.INERT.value)
        return f"{shape.name} {word}"

    return run
