"""Names of people and places: each with a place in the text that came, in order, apart and bounded, whatever the text.

An input is UTF-8; what is not becomes lone surrogates, as no parser before this one would let them come.
"""

from bartizan.text.canonical import canonical
from bartizan.text.names.find import LONGEST, names
from bartizan.text.names.model import load
from bartizan.text.names.tokens import tokens
from fuzz.target import Target

_MODEL = load()
_FIGURES = 80
"""Letters that house numbers, flats and codes may add to a row of words."""


def run(data: bytes) -> str:
    text = data.decode("utf-8", "surrogateescape")
    view = canonical(text).view
    assert "".join(tokens(view.text).said) == view.text
    found, upto = names(_MODEL, view.text), 0
    for name in found:
        assert upto <= name.start < name.end <= len(view.text)
        assert name.end - name.start <= LONGEST + _FIGURES
        start, end = view.origin(name.start, name.end)
        assert 0 <= start < end <= len(text)
        upto = name.end
    return "+".join(sorted({name.label.value for name in found})) or "none"


TARGET = Target(
    modules=(
        "bartizan.text.names.features",
        "bartizan.text.names.find",
        "bartizan.text.names.model",
        "bartizan.text.names.tokens",
    ),
    run=run,
    seeds=(
        b"Dear Ms. Quorvath, I am Aylin Demir-O'Neil and live at 12 Oak Street, Apt. 3, Springfield, IL 62704.",
        "Grüße aus Łódź, Jürgen von der Weide\nHauptstraße 12a, 80331 München".encode(),
        b"my name is john smith, paris; x_John a.B Anna.txt UK/USA I I. A. B. Lee's",
        b'{"name": "Bob Marley", "city": "Kingston"}',
    ),
    words=(b"Dr. ", b"Anna ", b" von ", b"Berlin", b"12 ", b"\n", b"'s", b"\xc4\xb0", b" Street", b"-", b"."),
    longest=1024,
)
