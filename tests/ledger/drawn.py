"""Events as Hypothesis draws them: any that the vocabulary allows."""

from hypothesis import strategies as st

from bartizan.ledger.event import ACTOR, SUBJECT, Event, Outcome
from bartizan.ledger.forms import NAME, Form, Hex, Name, OneOf, Whole
from bartizan.ledger.vocabulary import KINDS

PSEUDONYMS = st.from_regex(ACTOR, fullmatch=True)
REQUESTS = st.binary(min_size=8, max_size=8).map(lambda octets: f"q-{octets.hex()}")


def value(form: Form) -> st.SearchStrategy[int | str]:
    match form:
        case OneOf(words):
            return st.sampled_from(sorted(words))
        case Whole(most):
            return st.integers(0, most)
        case Name():
            return st.from_regex(NAME, fullmatch=True)
        case Hex(octets):
            return st.binary(min_size=octets, max_size=octets).map(bytes.hex)


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(KINDS)))
    fields = draw(st.sets(st.sampled_from(sorted(KINDS[kind])))) if KINDS[kind] else set()
    return Event(
        draw(st.integers(0, 2**63 - 1)),
        kind,
        draw(st.from_regex(ACTOR, fullmatch=True)),
        draw(st.from_regex(SUBJECT, fullmatch=True)),
        draw(st.sampled_from(Outcome)),
        draw(st.from_regex(NAME, fullmatch=True) | st.just("")),
        {field: draw(value(KINDS[kind][field])) for field in fields},
    )
