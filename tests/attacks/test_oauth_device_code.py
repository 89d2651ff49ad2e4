"""Somebody who has a person let a device of their own act: guesses codes, steals them, hurries, or has a page send the answer.

Source: RFC 8628 sections 3.5, 5.1, 5.2, 5.4 and 5.5; RFC 9700 section 2.1.
"""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.issue.code import Let
from bartizan.access.issue.device_code import ALPHABET, INTERVAL_S, LENGTH, LIFETIME_S, Codes, Room, tidy
from bartizan.access.issue.device_request import read_device_asked
from bartizan.access.issue.form import GrantRefused, read_credential, read_form
from bartizan.access.issue.grant import DEVICE, read_grant
from bartizan.access.issue.mint import Issued
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.compact import read_object, take_apart
from bartizan.identity.holder import Holder
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.pseudonym import Minted
from tests.attacks.oauth import FORM, refusal
from tests.console.scene import HERE, ORIGIN, Scene

FAR, NEAR = "a-" + "1" * 16, "a-" + "2" * 16


class Devices(Scene):
    """Two people at their browsers, a public application on devices, a confidential one, and one that asks otherwise."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.granting, self.holder, self.secrets = self.issuing.granting, Holder(), dict[str, str]()
        self.tv = self.application("tv", public=True, device_flow=True)
        self.kiosk = self.application("kiosk", device_flow=True)
        self.shop = self.application("shop", "https://shop.example/back")
        self.registrar.sources.keep((Minted(FAR, "203.0.113.0/24"), Minted(NEAR, "198.51.100.0/24")))

    def application(
        self, name: str, *addresses: str, public: bool = False, device_flow: bool = False
    ) -> Principal:
        made, secret = asyncio.run(
            self.registrar.register(
                Kind.WORKLOAD, name, [], b"", addresses, public=public, device_flow=device_flow
            )
        )
        if secret is not None:
            self.secrets[made.client] = secret.reveal().decode()
        return made

    def begin(self, of: Principal, source: str = FAR, **said: str) -> Codes:
        """Return the codes of a device's request."""
        form = read_form(FORM, self._form(of, said))
        return self.granting.begin(read_credential(form, None), read_device_asked(form), source)

    def poll(self, code: str, of: Principal, holder: Holder | None = None, **said: str) -> Issued:
        """Return what the device gets for its code."""
        proof = ""
        if holder is not None:
            proof = holder.proof(
                "POST", f"{ORIGIN}/oauth/token", self.clock.now(), nonce=self.granting.nonce()
            )
        form = self._form(of, {"grant_type": DEVICE, "device_code": code, **said})
        return asyncio.run(self.granting.grant(read_grant(FORM, None, form, proof), FAR))

    def refused(self, code: str, of: Principal, holder: Holder | None = None) -> tuple[str, str]:
        """Return the words with which a device is refused."""
        with pytest.raises(GrantRefused) as caught:
            self.poll(code, of, holder)
        return refusal(caught.value)

    def _form(self, of: Principal, said: dict[str, str]) -> bytes:
        shown = {"client_id": of.client}
        if of.client in self.secrets:
            shown["client_secret"] = self.secrets[of.client]
        return urlencode(said | shown).encode()

    def typed(self, code: str, cookie: str, source: str = NEAR) -> Any:  # noqa: ANN401 - an answer
        """Return what answers a code that a person types."""
        headers = {**HERE, "x-bartizan-source": source}
        return self.send("/people/device", cookie, headers, csrf=self.form(cookie), code=code)

    def question(self, code: str, cookie: str) -> dict[str, str]:
        """Return the fields of the question that a person is asked."""
        page = self.typed(code, cookie).body
        return dict(re.findall(r'name="(csrf|request|token)" value="([^"]+)"', page))

    def allow(self, code: str, cookie: str, answer: str = "allow") -> str:
        """Return where a person is led who answers."""
        fields = self.question(code, cookie)
        return str(self.send("/people/device-answer", cookie, HERE, **fields, answer=answer).way)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Devices]:
    made = Devices(tmp_path)
    yield made
    made.store.dispose()


def test_a_person_lets_a_device_act_and_it_is_on_record_who_where_and_for_whom(house: Devices) -> None:
    codes, cookie = house.begin(house.tv), house.signed_in("ada")
    assert house.refused(codes.device, house.tv, house.holder)[0] == "authorization_pending"
    page = house.typed(codes.user.lower().replace("-", " "), cookie).body
    for shown in (
        "<strong>tv</strong>",
        "every service that you may call",
        "203.0.113.0/24",
        "not the one that",
    ):
        assert shown in page
    assert house.allow(codes.user, cookie) == "/people?said=device-allowed"
    house.clock.move(INTERVAL_S)
    issued = house.poll(codes.device, house.tv, house.holder)
    said = read_object(take_apart(issued.token).payload, "payload")
    assert (said["sub"], said["client_id"], said["acr"]) == (
        "user.ada",
        house.tv.client,
        "passkey-device-bound",
    )
    assert said["cnf"] == {"jkt": house.holder.thumbprint}
    assert issued.refresh
    (given,) = (each for each in house.record if each.kind == "access.consent.given")
    assert given.detail == {
        "client": house.tv.pseudonym,
        "flow": "device",
        "source": "1" * 16,
        "audience": "gateway",
    }
    house.granting.record_refusals()
    assert not [each for each in house.record if each.kind == "access.token.refused"]


def test_a_device_beside_the_person_is_told_from_one_far_away(house: Devices) -> None:
    codes, cookie = house.begin(house.tv, NEAR), house.signed_in("ada")
    assert "in which this browser is as well" in house.typed(codes.user, cookie).body
    unknown = house.begin(house.tv, "")
    assert "from a network that is not known" in house.typed(unknown.user, cookie, "").body


def test_who_refuses_gives_nothing_and_a_code_is_answered_once(house: Devices) -> None:
    codes, cookie = house.begin(house.kiosk), house.signed_in("ada")
    fields = house.question(codes.user, cookie)
    assert house.allow(codes.user, cookie, "deny") == "/people?said=device-refused"
    again = house.send("/people/device-answer", cookie, HERE, **fields, answer="allow")
    assert again.way == "/people/device?said=device-request-over"
    assert house.typed(codes.user, cookie).way == "/people/device?said=device-code-unknown"
    assert house.refused(codes.device, house.kiosk) == ("access_denied", "device-code-refused")
    assert house.refused(codes.device, house.kiosk)[0] == "invalid_grant"


def test_wrong_codes_are_few_and_then_even_the_right_one_waits(house: Devices) -> None:
    codes, cookie = house.begin(house.tv), house.signed_in("ada")
    tried = [house.typed(f"BBBBBBB{letter}", cookie).way for letter in ALPHABET[:6]]
    assert tried == ["/people/device?said=device-code-unknown"] * 5 + [
        "/people/device?said=device-codes-too-many"
    ]
    assert house.typed(codes.user, cookie).way == "/people/device?said=device-codes-too-many"
    other = house.signed_in("bob")
    assert house.typed(codes.user, other).status == 200  # nobody is locked out by another's doing
    house.clock.move(61)
    assert house.typed(codes.user, house.signed_in("ada")).status == 200
    house.people.record_refusals()
    counted = {
        str(each.detail["reason"]): each.detail["count"] for each in house.record if "reason" in each.detail
    }
    assert counted == {"device-code-unknown": 5, "device-codes-too-many": 2}


def test_nobody_answers_without_a_passkey_used_lately(house: Devices) -> None:
    codes = house.begin(house.tv)
    assert house.page("/people/device").way == "/people/sign-in?next=device&said=session-ended"
    by_link = house.linked("ada")
    assert house.page("/people/device", by_link).way == "/people/verify?next=device&said=verification-old"
    assert house.typed(codes.user, by_link).way == "/people/verify?next=device&said=verification-old"
    cookie = house.signed_in("ada")
    fields = house.question(codes.user, cookie)
    house.clock.move(301)
    late = house.send("/people/device-answer", cookie, HERE, **fields, answer="allow")
    assert late.way == "/people/verify?next=device&said=verification-old"


def test_an_answer_counts_with_the_question_of_its_own_session(house: Devices) -> None:
    """An attacker who knows the code has asked for the question themselves; their answer is of no use in the victim's name."""
    codes, ada, bob = house.begin(house.tv), house.signed_in("ada"), house.signed_in("bob")
    known = house.question(codes.user, bob)
    own = {"csrf": house.form(ada)}
    for fields in (known | own, known | own | {"token": "x" * 43}, known | own | {"request": "0" * 32}):
        answer = house.send("/people/device-answer", ada, HERE, **fields, answer="allow")
        assert answer.way == "/people/device?said=device-request-over"
    another = house.signed_in("ada")
    moved = house.question(codes.user, ada) | {"csrf": house.form(another)}
    assert house.send("/people/device-answer", another, HERE, **moved, answer="allow").way.endswith(
        "request-over"
    )
    assert house.send("/people/device-answer", ada, {"origin": "https://evil.example"}, **known).status == 403
    assert house.refused(codes.device, house.tv, house.holder)[0] == "authorization_pending"


def test_another_client_ends_a_code_and_gets_nothing(house: Devices) -> None:
    codes = house.begin(house.kiosk)
    house.allow(codes.user, house.signed_in("ada"))
    assert house.refused(codes.device, house.tv, house.holder) == ("invalid_grant", "device-code-of-another")
    assert house.refused(codes.device, house.kiosk)[0] == "invalid_grant"


@pytest.mark.parametrize("bound", ["from the start", "by the first question"])
def test_a_stolen_device_code_is_nothing_without_the_key(house: Devices, bound: str) -> None:
    early = {"dpop_jkt": house.holder.thumbprint} if bound == "from the start" else {}
    codes = house.begin(house.tv, **early)
    if not early:
        assert house.refused(codes.device, house.tv, house.holder)[0] == "authorization_pending"
    house.allow(codes.user, house.signed_in("ada"))
    house.clock.move(INTERVAL_S)
    assert house.refused(codes.device, house.tv, Holder()) == ("invalid_grant", "device-code-of-another-key")


def test_a_public_application_proves_a_key_and_a_confidential_one_its_secret(house: Devices) -> None:
    codes = house.begin(house.tv)
    assert house.refused(codes.device, house.tv)[0] == "invalid_dpop_proof"
    code = house.begin(house.kiosk).device
    del house.secrets[house.kiosk.client]
    assert house.refused(code, house.kiosk)[0] == "invalid_client"
    with pytest.raises(GrantRefused):
        house.begin(house.kiosk)


def test_a_code_that_comes_again_ends_what_came_of_it(house: Devices) -> None:
    codes = house.begin(house.kiosk)
    house.allow(codes.user, house.signed_in("ada"))
    house.poll(codes.device, house.kiosk)
    assert house.refused(codes.device, house.kiosk) == ("invalid_grant", "code-reused")
    assert [each.kind for each in house.record][-1] == "access.family.revoked"


def test_who_asks_too_fast_waits_longer_each_time_and_gets_nothing_by_it(house: Devices) -> None:
    codes = house.begin(house.kiosk)
    assert house.refused(codes.device, house.kiosk)[0] == "authorization_pending"
    house.allow(codes.user, house.signed_in("ada"))
    for _ in range(3):
        assert house.refused(codes.device, house.kiosk) == ("slow_down", "device-code-early")
    house.clock.move(INTERVAL_S)
    assert house.refused(codes.device, house.kiosk)[0] == "slow_down"
    house.clock.move(5 * INTERVAL_S)
    assert house.poll(codes.device, house.kiosk).token


def test_a_code_is_over_after_ten_minutes_for_its_person_and_its_device(house: Devices) -> None:
    codes = house.begin(house.kiosk)
    house.clock.move(LIFETIME_S)
    assert house.typed(codes.user, house.signed_in("ada")).way.endswith("device-code-unknown")
    assert house.refused(codes.device, house.kiosk) == ("expired_token", "device-code-expired")
    assert house.refused(codes.device, house.kiosk)[0] == "invalid_grant"


def test_a_yes_in_the_last_second_is_heard(house: Devices) -> None:
    codes = house.begin(house.kiosk)
    house.clock.move(LIFETIME_S - 1)
    house.allow(codes.user, house.signed_in("ada"))
    house.clock.move(30)
    assert house.poll(codes.device, house.kiosk).token


def test_nothing_is_given_for_who_is_revoked_since(house: Devices) -> None:
    codes, cookie = house.begin(house.kiosk), house.signed_in("ada")
    house.allow(codes.user, cookie)
    asyncio.run(house.registrar.revoke("user.ada"))
    assert house.refused(codes.device, house.kiosk) == ("invalid_grant", "person-revoked")
    waiting = house.begin(house.tv)
    asyncio.run(house.registrar.revoke(house.tv.id))
    assert house.typed(waiting.user, house.signed_in("bob")).way.endswith("device-request-over")


def test_only_an_application_that_is_let_asks_so(house: Devices) -> None:
    with pytest.raises(GrantRefused) as caught:
        house.begin(house.shop)
    assert caught.value.error.value == "unauthorized_client"
    wrong: tuple[dict[str, str], ...] = (
        {"scope": "all"},
        {"dpop_jkt": "short"},
        {"audience": "elsewhere"},
        {"resource": f"{ORIGIN}/nowhere"},
        {"resource": f"{ORIGIN}/nowhere", "audience": "bartizan:gateway"},
    )
    for said in wrong:
        with pytest.raises(GrantRefused):
            house.begin(house.tv, **said)


def test_what_was_let_is_not_widened_when_it_is_had(house: Devices) -> None:
    codes = house.begin(house.kiosk)
    house.allow(codes.user, house.signed_in("ada"))
    with pytest.raises(GrantRefused) as caught:
        house.poll(codes.device, house.kiosk, audience="bartizan:control")
    assert caught.value.error.value == "invalid_target"


def test_whoever_floods_pushes_out_their_own_requests_alone() -> None:
    room, now = Room(most=16), Nanoseconds(10**18)
    honest = room.ask("c-honest", "bartizan:gateway", "", NEAR, now)
    same = room.ask("c-flood", "bartizan:gateway", "", NEAR, now)
    flood = [room.ask("c-flood", "bartizan:gateway", "", FAR, now) for _ in range(100)]
    assert room.typed(honest.user, now)
    assert room.typed(same.user, now)
    assert [bool(room.typed(each.user, now)) for each in flood].count(True) == 14


@given(st.lists(st.integers(0, 3 * LIFETIME_S), max_size=20), st.booleans())
def test_whenever_a_device_asks_it_has_its_tokens_once_at_most(moments: list[int], allowed: bool) -> None:  # noqa: FBT001 - drawn
    room, start = Room(), 10**18
    codes = room.ask("c-1", "bartizan:gateway", "", "", Nanoseconds(start))
    let = Let("c-1", "c-ada", "bartizan:gateway", "", "", "", Nanoseconds(start), "", Nanoseconds(start))
    waiting = room.typed(codes.user, Nanoseconds(start))
    assert waiting is not None
    room.answer(waiting, let if allowed else None, Nanoseconds(start))
    had = 0
    for moment in sorted(moments):
        try:
            had += room.take(codes.device, "c-1", "", Nanoseconds(start + moment * SECOND)) is not None
        except GrantRefused as fault:
            assert fault.error.value in {"expired_token", "access_denied"}  # noqa: PT017 - some are refused
    assert had == (1 if allowed and moments and min(moments) < LIFETIME_S else 0)


@given(st.binary(min_size=64, max_size=64))
def test_user_codes_have_no_vowels_and_are_read_as_people_type_them(octets: bytes) -> None:
    left = list(octets * 64)
    room = Room(random=lambda count: bytes(left.pop() for _ in range(count)))
    usable = sum(each < 240 for each in octets)
    if usable < LENGTH:
        return
    code = room.ask("c-1", "bartizan:gateway", "", "", Nanoseconds(0)).user
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
    assert tidy(f" {code.lower()} ") == tidy(code) == code.replace("-", "")
    assert tidy(code + "B") == tidy(code[:-1] + "A") == ""
