"""Entries of any kind, to be told in any format."""

from hypothesis import strategies as st

from bartizan.connectors.source import Source
from bartizan.ledger.entry import Entry
from tests.ledger.drawn import events

SOURCE = Source("9.9.0", "bartizan.local/0123456789abcdef", "host-1")


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw an entry with any event that the vocabulary lets there be."""
    number = st.integers(0, 2**40)
    return Entry(draw(number), draw(number), draw(number), draw(events()))
