import msgspec
import pytest

from bartizan.access.assemble import Access, assemble
from bartizan.access.decide import Circumstances
from bartizan.access.outcome import Allowed, Authenticated
from bartizan.clock import MINUTE, Nanoseconds
from bartizan.identity.device import GOOD_FOR, ITSELF, Device, Fleet, Posture, Standing
from bartizan.identity.holder import Holder
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.shown import Shown
from bartizan.identity.state import State, decode, encode
from tests.access.house import BARE, CALLER, PORTS, access, bearer, refusal, state
from tests.identity.forge import START

HERE = Circumstances(quantum_safe=True)
HOLDER = Holder()
LAPTOP = Device("device.laptop", HOLDER.thumbprint, CALLER.id)


def laptop(*, revoked: bool = False) -> Principal:
    return Principal(
        LAPTOP.id, Kind.DEVICE, "laptop", (), "p-1100000000000000", b"k" * 32, "c-1", revoked=revoked
    )


def with_fleet(device: Device = LAPTOP, *healthy: str, revoked: bool = False, policy: str = "") -> State:
    before = state((CALLER, BARE, laptop(revoked=revoked)), policy=policy)
    return msgspec.structs.replace(before, fleet=Fleet((device,), GOOD_FOR, healthy))


def told(at: int, *holds: str, by: str = ITSELF) -> Device:
    return msgspec.structs.replace(LAPTOP, postures=(Posture(by, Nanoseconds(at), holds),))


def bound(principal: Principal = CALLER, key: str = HOLDER.thumbprint) -> str:
    return bearer(principal, cnf={"jkt": key})


def entered(room: Access, principal: Principal = CALLER, now: int = START) -> Authenticated:
    found = room.authenticate(bound(principal), Nanoseconds(now))
    assert isinstance(found, Authenticated)
    return found


def shown_to(room: Access, who: Authenticated, holder: Holder = HOLDER) -> str:
    """Return why a service that asks for a known device does not take a token with its key's own proof; empty if it does."""
    token = bound(who.principal, who.key)
    target = "https://localhost/v1/chat/completions"
    proof = holder.proof("POST", target, START, token=token, nonce=PORTS.proofs.nonce(START))
    shown = Shown(token, proof, True, "POST", (target,), required=True, device=True)
    answer = room.prove(who, shown, START)
    return "" if answer is None else refusal(answer)


def test_a_token_of_a_known_devices_key_is_taken_where_one_is_asked_for() -> None:
    room = access(with_fleet())
    assert shown_to(room, entered(room)) == ""


def test_stolen_credentials_are_useless_on_another_device() -> None:
    room, thief = access(with_fleet()), Holder()
    who = room.authenticate(bound(key=thief.thumbprint), START)
    assert isinstance(who, Authenticated)
    assert (who.standing, who.seen.device_known) == (Standing.UNKNOWN, False)
    assert shown_to(room, who, thief) == "device-unknown"


def test_a_device_is_its_holders_alone() -> None:
    room = access(with_fleet())
    assert shown_to(room, entered(room, BARE)) == "device-of-another"
    shared = access(with_fleet(msgspec.structs.replace(LAPTOP, holder="")))
    assert shown_to(shared, entered(shared, BARE)) == ""


def test_a_revoked_devices_tokens_are_refused_whatever_is_asked_for() -> None:
    room = access(with_fleet())
    who = entered(room)
    room = room.next(with_fleet(revoked=True), 2)
    assert refusal(room.authenticate(bound(), START)) == "device-revoked"
    assert refusal(room.authorize(who, "chat", "sample", HERE)) == "device-revoked"


def test_who_was_let_in_from_a_device_that_is_erased_is_let_in_no_more() -> None:
    room = access(with_fleet())
    who = entered(room)
    room = room.next(state((CALLER, BARE)), 2)
    assert refusal(room.authorize(who, "chat", "sample", HERE)) == "device-unknown"


def test_unknown_is_not_healthy_and_stale_is_unknown() -> None:
    for device in (LAPTOP, told(START, "firewall"), told(START - GOOD_FOR, "disk_encrypted")):
        room = access(with_fleet(device, "disk_encrypted"))
        assert shown_to(room, entered(room)) == "device-unhealthy"
    room = access(with_fleet(told(START, "disk_encrypted"), "disk_encrypted"))
    assert shown_to(room, entered(room)) == ""


ENCRYPTED = """
@id("known") permit (principal, action in Action::"call", resource)
when { context.device_known && context.disk_encrypted && context.posture_age <= 2 && context.posture_by == "mdm" };
"""


@pytest.mark.parametrize(
    ("device", "now", "allowed"),
    [
        (told(START, "disk_encrypted", by="mdm"), START, True),
        (told(START, "disk_encrypted", by="mdm"), START + 2 * MINUTE, True),
        (told(START, "disk_encrypted", by="mdm"), START + 2 * MINUTE + 1, False),
        (told(START, "disk_encrypted"), START, False),
        (told(START, by="mdm"), START, False),
        (LAPTOP, START, False),
    ],
)
def test_policy_sees_the_device_what_is_claimed_by_whom_and_how_old(
    device: Device, now: int, *, allowed: bool
) -> None:
    room = access(with_fleet(device, policy=ENCRYPTED))
    answer = room.authorize(entered(room, now=now), "chat", "sample", HERE)
    assert isinstance(answer, Allowed) is allowed


def test_no_answer_outlives_what_it_was_given_on() -> None:
    room = access(with_fleet(told(START, "disk_encrypted", by="mdm"), policy=ENCRYPTED))
    now = START
    for _ in range(4):
        who = entered(room, now=now)
        answer = room.authorize(who, "chat", "sample", HERE)
        assert isinstance(answer, Allowed) is (who.seen.posture_age <= 2)
        assert now < who.until <= now + MINUTE + 1
        now = who.until


def test_who_asks_on_is_judged_by_what_is_claimed_by_now() -> None:
    instant = [START]
    ports = msgspec.structs.replace(PORTS, now=lambda: instant[0])
    healthy = with_fleet(told(START, "disk_encrypted", by="mdm"), policy=ENCRYPTED)
    room = assemble(ports, healthy, 1)
    who = entered(room)
    assert isinstance(room.authorize(who, "chat", "sample", HERE), Allowed)
    instant[0] = Nanoseconds(START + 2 * MINUTE + 1)
    assert refusal(room.authorize(who, "chat", "sample", HERE)) == "policy-denied"
    instant[0] = START
    room = room.next(with_fleet(told(START + 1, by="mdm"), policy=ENCRYPTED), 2)
    assert refusal(room.authorize(who, "chat", "sample", HERE)) == "policy-denied"


def test_a_fleet_travels_to_the_workers_whole() -> None:
    sent = with_fleet(told(START, "firewall", by="mdm"), "firewall")
    assert decode(encode(sent)) == sent
