"""Somebody who would sign others out, or keep them signed in: forged, misdirected, stale and borrowed signals."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.issuers import SignalRefused
from bartizan.clock import DAY, SECOND, Nanoseconds
from bartizan.http.signals import _token
from bartizan.identity.refusal import TokenRefused
from bartizan.identity.signal import LOGOUT, Signal, read_events, read_logout
from tests.identity import abroad
from tests.identity.forge import START, STRANGER

REVOKED = abroad.CAEP + "session-revoked"
NONCE = {"nonce": "n"}


def logout(token: str, now: int = START) -> Signal:
    return read_logout(token, abroad.issuers(), {abroad.URL: (abroad.CLIENT,)}, Nanoseconds(now))


def event(token: str, now: int = START) -> tuple[Signal, ...]:
    return read_events(token, abroad.issuers(), {abroad.URL: (abroad.RECEIVER,)}, Nanoseconds(now))


def why(ask: Callable[[str, int], object], token: str, now: int = START) -> str:
    with pytest.raises(TokenRefused) as refused:
        ask(token, now)
    return refused.value.reason


def test_honest_ones_are_read() -> None:
    said = logout(abroad.logout())
    assert (said.subject, said.session, said.word) == ("alice", "s1", "logout")
    assert logout(abroad.logout(sub=None)).subject == ""
    (told,) = event(abroad.event(REVOKED))
    assert (told.subject, told.word) == ("alice", "session-revoked")
    assert event(abroad.event("https://schemas.example/other")) == ()


def test_a_strangers_signature_signs_nobody_out() -> None:
    assert why(logout, abroad.logout(key=STRANGER)) == "signature-invalid"
    assert why(event, abroad.event(REVOKED, key=STRANGER)) == "signature-invalid"
    assert why(logout, abroad.logout(iss="https://evil.example")) == "issuer-unknown"


def test_an_access_token_is_no_signal_and_one_signal_is_not_another() -> None:
    assert why(logout, abroad.access(aud=abroad.CLIENT)) == "token-header-refused"
    assert why(event, abroad.access(aud=abroad.RECEIVER)) == "token-header-refused"
    assert why(event, abroad.logout(aud=abroad.RECEIVER)) == "token-header-refused"
    assert why(logout, abroad.event(REVOKED, aud=abroad.CLIENT)) == "token-header-refused"
    assert why(event, abroad.event(REVOKED, exp=2**40)) == "claim-missing"
    assert why(event, abroad.event(REVOKED, sub="alice")) == "claim-missing"


@pytest.mark.parametrize(
    "changed",
    [
        NONCE,
        {"events": None},
        {"events": {}},
        {"events": {LOGOUT: {"x": 1}}},
        {"events": [LOGOUT]},
        {"sub": None, "sid": None},
        {"jti": None},
        {"iat": None},
        {"sub": ""},
        {"sid": 7},
    ],
)
def test_a_logout_token_is_whole_or_nothing(changed: dict[str, Any]) -> None:
    assert why(logout, abroad.logout(**changed)) == "claim-missing"


def test_a_signal_for_somebody_else_or_of_another_day_is_refused() -> None:
    assert why(logout, abroad.logout(aud="another-app")) == "audience-wrong"
    assert why(event, abroad.event(REVOKED, aud="another")) == "audience-wrong"
    assert why(logout, abroad.logout(exp=None), START + 301 * SECOND) == "token-expired"
    assert why(event, abroad.event(REVOKED), START + DAY + SECOND) == "token-expired"
    assert why(logout, abroad.logout(), START - 6 * SECOND) == "token-not-yet-valid"
    with pytest.raises(TokenRefused):
        read_logout(abroad.logout(), abroad.issuers(), {}, START)


@pytest.mark.parametrize(
    "named",
    [
        {"format": "iss_sub", "iss": "https://other.example", "sub": "alice"},
        {"format": "email", "email": "alice@example.com"},
        {"format": "opaque", "id": "alice"},
        {"format": "complex", "user": {"format": "email", "email": "a@b.c"}},
        {"format": ["iss_sub"], "iss": abroad.URL, "sub": "alice"},
        {"subject_type": {}, "iss": abroad.URL, "sub": "alice"},
        {},
        None,
    ],
)
def test_an_issuer_speaks_of_its_own_subjects_and_in_words_that_are_understood(named: object) -> None:
    assert why(event, abroad.event(REVOKED, sub_id=named)) == "claim-missing"


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"logout_token=a&logout_token=b",
        b"&".join(b"f%d=1" % number for number in range(9)),
        b"logout_token=a&" + b"&" * 64 + b"b",
        b"\xff=\xfe",
    ],
)
def test_a_form_without_one_token_is_refused_by_name_however_it_is_filled(form: bytes) -> None:
    with pytest.raises(SignalRefused, match="token-missing"):
        _token(form)
    assert _token(b"logout_token=a.b.c&state=x") == "a.b.c"


@given(
    st.text(max_size=64) | st.builds(lambda *parts: ".".join(parts), *[st.text("abAB01-_", max_size=24)] * 3)
)
def test_whatever_is_sent_is_refused_by_name(sent: str) -> None:
    for ask in (logout, event):
        with pytest.raises(TokenRefused):
            ask(sent)
