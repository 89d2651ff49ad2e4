"""Whoever has seen a passkey used, or can have it used elsewhere, and shows here what it signed there."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.people.errors import SignInRefused
from bartizan.access.people.passkey import Site, asserted, enrolled, read_answer
from tests.console.scene import standing
from tests.console.soft import BE, UP, UV, Soft, octets, text

Lie = Callable[[Soft], None]


def said(lie: Callable[[Soft], object]) -> Lie:
    return lambda soft: (lie(soft), None)[1]


LIES: dict[str, tuple[Lie, str]] = {
    "another origin": (
        said(lambda soft: setattr(soft, "origin", "https://localhost.evil.example")),
        "origin-wrong",
    ),
    "another port": (said(lambda soft: setattr(soft, "origin", "https://localhost:9443")), "origin-wrong"),
    "without TLS": (said(lambda soft: setattr(soft, "origin", "http://localhost:8443")), "origin-wrong"),
    "a frame of another's": (said(lambda soft: soft.more.update(crossOrigin=True)), "origin-wrong"),
    "below another's page": (
        said(lambda soft: soft.more.update(topOrigin="https://evil.example")),
        "origin-wrong",
    ),
    "another party": (said(lambda soft: setattr(soft, "rp", "evil.example")), "assertion-wrong"),
    "nobody verified": (said(lambda soft: setattr(soft, "flags", UP)), "assertion-wrong"),
    "nobody there": (said(lambda soft: setattr(soft, "flags", UV)), "assertion-wrong"),
    "become synced": (said(lambda soft: setattr(soft, "flags", UP | UV | BE)), "assertion-wrong"),
    "another key": (said(lambda soft: setattr(soft, "key", Soft("").key)), "assertion-wrong"),
    "another credential": (said(lambda soft: setattr(soft, "id", b"other")), "passkey-unknown"),
    "another person": (said(lambda soft: setattr(soft, "handle", b"other")), "passkey-unknown"),
    "registered, not used": (said(lambda soft: soft.more.update(type="webauthn.create")), "assertion-wrong"),
    "an older count": (said(lambda soft: setattr(soft, "count", 0)), "counter-regressed"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_was_signed_elsewhere_signs_nobody_in(lie: str, tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        scene.soft["ada"].count = 7
        scene.signed_in("ada")
        act, reason = LIES[lie]
        act(scene.soft["ada"])
        with pytest.raises(SignInRefused) as fault:
            scene.signed_in("ada")
        assert fault.value.reason == reason
        scene.people.record_refusals()
        assert (scene.record[-1].kind, scene.record[-1].detail) == (
            "access.login.refused",
            {"reason": reason, "count": 1},
        )


def test_an_answer_is_taken_once(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        soft = scene.soft["ada"]
        answer = soft.get(scene.people.options())
        scene.people.sign_in(answer, "")
        with pytest.raises(SignInRefused) as fault:
            scene.people.sign_in(answer, "")
        assert fault.value.reason == "challenge-replayed"


def test_an_answer_is_for_what_it_was_asked_for_and_for_five_minutes(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        soft, who = scene.soft["ada"], scene.people.who(scene.signed_in("ada"))
        other = scene.people.who(scene.signed_in("ada"))
        with pytest.raises(SignInRefused, match="not the one"):
            scene.people.sign_in(soft.get(scene.people.verification(who)), "")
        with pytest.raises(SignInRefused, match="not the one"):
            scene.people.verify(other, soft.get(scene.people.verification(who)))
        with pytest.raises(SignInRefused, match="not known here"):
            scene.people.verify(who, scene.soft["bob"].get(scene.people.verification(who)))
        late = soft.get(scene.people.options())
        scene.clock.move(301)
        with pytest.raises(SignInRefused, match="open for too long"):
            scene.people.sign_in(late, "")


@pytest.mark.parametrize("at", [0, 7, 8, 23, 24, 55])
def test_a_challenge_that_was_made_up_is_not_ours(at: int, tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        challenge = bytearray(octets(json.loads(scene.people.options())["challenge"]))
        challenge[at] ^= 1
        with pytest.raises(SignInRefused, match="not the one"):
            scene.people.sign_in(scene.soft["ada"].get("", text(bytes(challenge))), "")


def test_a_makers_attestation_is_not_read(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        who = scene.people.who(scene.signed_in("ada"))
        with pytest.raises(SignInRefused, match="cannot be read"):
            scene.people.enrol(
                who, Soft("https://localhost:8443").create(scene.people.enrolment(who), "packed"), "x"
            )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3),
    max_leaves=8,
)
NAMED = st.fixed_dictionaries(
    {},
    optional={
        "rawId": JSON,
        "id": JSON,
        "type": JSON,
        "response": JSON
        | st.fixed_dictionaries(
            {"clientDataJSON": JSON.map(lambda each: text(json.dumps(each).encode())) | JSON},
            optional={"userHandle": JSON},
        ),
    },
)


@given(JSON | NAMED)
def test_no_answer_that_is_made_up_is_a_fault_of_ours(answer: object) -> None:
    with suppress(SignInRefused):
        assert isinstance(read_answer(json.dumps(answer)).challenge, bytes)


@given(st.binary(max_size=120), st.sampled_from(["authenticatorData", "signature"]))
def test_no_octets_that_are_made_up_are_a_fault_of_ours(found: bytes, part: str) -> None:
    soft = Soft("https://localhost:8443")
    challenge = {"challenge": text(bytes(56)), "user": {"id": text(bytes(32))}}
    sent = json.loads(soft.get(json.dumps(challenge)))
    sent["response"][part] = text(found)
    with pytest.raises(SignInRefused):
        asserted(Site(soft.origin), read_answer(json.dumps(sent)), found, 0, synced=False)
    made = json.loads(soft.create(json.dumps(challenge)))
    made["response"]["attestationObject"] = text(found)
    with pytest.raises(SignInRefused):
        enrolled(Site(soft.origin), read_answer(json.dumps(made)))
