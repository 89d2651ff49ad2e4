"""Every kind of event names a room, a thing and what was done; every field has a closed form."""

import re

import pytest

from bartizan.ledger.forms import NAME, OneOf
from bartizan.ledger.vocabulary import CHECKS, KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_is_room_noun_verb_and_its_fields_are_short_names(kind: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z-]+\.[a-z-]+", kind)
    for field, form in KINDS[kind].items():
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,15}", field)
        if isinstance(form, OneOf):
            assert form.words
            assert all(NAME.fullmatch(word) for word in form.words)
    assert CHECKS[kind].keys() == KINDS[kind].keys()
