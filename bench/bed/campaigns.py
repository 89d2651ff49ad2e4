"""Scripted campaigns against a company: each kind quick and slow, its parameters drawn from a seed.

A campaign is a list of sign-ins; that one of them gives rise to an alert of a kind that fits is what finding it means.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bartizan.access.signin.subject import Act, Credential, Reason, SignIn
from bartizan.access.signin.suspicion import Kind
from bartizan.clock import DAY, SECOND
from bench.bed.staff import DAYS, Company, Person, at, name

FIRST = 8
"""The first day on which a campaign may begin: the watch has learnt for seven."""
Script = Callable[[Company, random.Random, str], list[SignIn]]


@dataclass(frozen=True)
class Campaign:
    """One kind of campaign at one speed."""

    name: str
    slow: bool
    kinds: frozenset[Kind]
    script: Script


def _days(rng: random.Random, least: int, most: int) -> range:
    length = rng.randint(least, most)
    first = rng.randint(FIRST, DAYS - length)
    return range(first, first + length)


def _victim(made: Company, rng: random.Random, day: int) -> Person:
    return rng.choice(
        [
            each
            for each in made.people
            if each.first == 0 and each.last > day and each.leave[1] <= each.leave[0]
        ]
    )


def _sources(rng: random.Random, many: int) -> list[str]:
    return [name("a", rng) for _ in range(many)]


def _try(made: Company, when: int, origin: str, source: str, who: str, rng: random.Random) -> SignIn:
    reason = Reason.SECRET_WRONG if who else Reason.PRINCIPAL_UNKNOWN
    return SignIn(when, origin, reason=reason, principal=who, source=source, client=made.clients[0],
                  credential=Credential.PASSWORD, place=f"l-{rng.randrange(40)}")  # fmt: skip


# ---- trying credentials ------------------------------------------------------------------------------------
def _stuffing(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    sources, known = _sources(rng, rng.randint(1, 30)), rng.uniform(0.01, 0.3)
    begin, many = at(_days(rng, 1, 1)[0], rng.uniform(0, 20)), rng.randint(60, 600)
    return [
        _try(made, begin + int(n * rng.uniform(2, 20) * SECOND), origin, rng.choice(sources),
             rng.choice(made.people).id if rng.random() < known else "", rng)
        for n in range(many)
    ]  # fmt: skip


def _stuffing_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    sources, known = _sources(rng, rng.randint(8, 60)), rng.uniform(0.02, 0.3)
    perday = rng.randint(12, 40)
    return [
        _try(made, at(day, rng.uniform(0, 24)), origin, rng.choice(sources),
             rng.choice(made.people).id if rng.random() < known else "", rng)
        for day in _days(rng, 6, 14)
        for _ in range(perday)
    ]  # fmt: skip


def _spraying(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    sources, begin = _sources(rng, rng.randint(1, 25)), at(_days(rng, 1, 1)[0], rng.uniform(0, 20))
    people = rng.sample(made.people, rng.randint(25, 150))
    return [
        _try(made, begin + int(n * rng.uniform(2, 40) * SECOND), origin, rng.choice(sources), person.id, rng)
        for n, person in enumerate(people * rng.randint(1, 3))
    ]


def _spraying_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    perday = rng.randint(5, 20)
    sources = _sources(rng, rng.randint(perday, 6 * perday))
    return [
        _try(made, at(day, rng.uniform(0, 24)), origin, rng.choice(sources), person.id, rng)
        for day in _days(rng, 7, 14)
        for person in rng.sample(made.people, perday)
    ]


def _guessing(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    day = _days(rng, 1, 1)[0]
    who, sources, begin = _victim(made, rng, day).id, _sources(rng, rng.randint(1, 10)), rng.uniform(0, 20)
    return [
        _try(made, at(day, begin + rng.uniform(0, 2)), origin, rng.choice(sources), who, rng)
        for _ in range(rng.randint(30, 200))
    ]


def _guessing_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    days = _days(rng, 6, 14)
    who, sources = _victim(made, rng, days[-1]).id, _sources(rng, rng.randint(3, 30))
    return [
        _try(made, at(day, rng.uniform(0, 24)), origin, rng.choice(sources), who, rng)
        for day in days
        for _ in range(rng.randint(1, 4))
    ]


# ---- with what was stolen ----------------------------------------------------------------------------------
def _proofs(reason: Reason) -> tuple[Script, Script]:
    def quick(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
        day = _days(rng, 1, 1)[0]
        who, source, begin = _victim(made, rng, day), name("a", rng), at(day, rng.uniform(0, 23))
        return [
            _replay(who, begin + n * 20 * SECOND, origin, source, reason) for n in range(rng.randint(1, 30))
        ]

    def slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
        days = _days(rng, 3, 10)
        who, sources = _victim(made, rng, days[-1]), _sources(rng, rng.randint(1, 5))
        return [
            _replay(who, at(day, rng.uniform(0, 24)), origin, rng.choice(sources), reason)
            for day in days
            if rng.random() < 0.7
        ] or [_replay(who, at(days[0], 12), origin, sources[0], reason)]

    return quick, slow


def _replay(who: Person, when: int, origin: str, source: str, reason: Reason) -> SignIn:
    return SignIn(when, origin, Act.USE, reason, Credential.TOKEN, who.id, source)


def _session(
    made: Company, rng: random.Random, origin: str, *, days: range, same_place: float
) -> Iterator[SignIn]:
    """Cookies of running sessions, used elsewhere within hours."""
    source, device = name("a", rng), name("d", rng)
    who = _victim(made, rng, days[-1])
    begun = [
        each for each in made.events
        if each.principal == who.id and each.session and each.act is Act.SIGN_IN
        and each.at // DAY in {at(day, 0) // DAY for day in days}
    ]  # fmt: skip
    for each in begun:
        yield SignIn(
            each.at + int(rng.uniform(600, 7200) * SECOND), origin, Act.RENEW, Reason.NONE, Credential.SESSION,
            who.id, source, each.client, device, each.place if rng.random() < same_place else "l-99", each.session,
        )  # fmt: skip


def _session_quick(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    while not (found := list(_session(made, rng, origin, days=_days(rng, 1, 2), same_place=0.3))):
        pass
    return found


def _session_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    while not (found := list(_session(made, rng, origin, days=_days(rng, 5, 10), same_place=0.9))):
        pass
    return found[:: rng.randint(1, 2)]


def _in(who: str, when: int, origin: str, source: str, device: str, client: str, place: str) -> SignIn:
    return SignIn(
        when, origin, Act.SIGN_IN, Reason.NONE, Credential.PASSWORD, who, source, client, device, place
    )


def _device(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    """Somebody else's credential, from abroad or at home, several times in a day."""
    day = _days(rng, 1, 1)[0]
    who, source, device = _victim(made, rng, day), name("a", rng), name("d", rng)
    place, begin = rng.choice(["l-home", f"l-{rng.randrange(40)}"]), rng.uniform(0, 22)
    return [
        _in(who.id, at(day, begin + n * 0.3), origin, source, device, rng.choice(who.clients), place)
        for n in range(rng.randint(1, 5))
    ]


def _device_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    """The same from the victim's country in working hours, now and then."""
    days = _days(rng, 6, 14)
    who, source, device = _victim(made, rng, days[-1]), name("a", rng), name("d", rng)
    return [
        _in(who.id, at(day, rng.uniform(8, 18)), origin, source, device, rng.choice(who.clients), "l-home")
        for day in days[:: rng.randint(1, 3)]
    ]


def _dormant(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    day = rng.randint(16, DAYS - 1)
    who, source, device = rng.choice(made.asleep), name("a", rng), name("d", rng)
    return [
        _in(
            who,
            at(day, rng.uniform(0, 24)),
            origin,
            source,
            device,
            rng.choice(made.clients),
            f"l-{rng.randrange(40)}",
        )
        for _ in range(rng.randint(1, 6))
    ]


def _dormant_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    who, source, device = rng.choice(made.asleep), name("a", rng), name("d", rng)
    return [
        _in(who, at(day, rng.uniform(8, 18)), origin, source, device, made.clients[0], "l-home")
        for day in range(rng.randint(16, 22), DAYS, rng.randint(2, 5))
    ]


def _client(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    """A phishing kit's client in several names."""
    day, client, source = _days(rng, 1, 1)[0], name("c", rng), name("a", rng)
    return [
        _in(
            _victim(made, rng, day).id,
            at(day, rng.uniform(8, 20)),
            origin,
            source,
            name("d", rng),
            client,
            "l-home",
        )
        for _ in range(rng.randint(2, 6))
    ]


def _client_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    days, client = _days(rng, 6, 14), name("c", rng)
    return [
        _in(_victim(made, rng, days[-1]).id, at(day, rng.uniform(8, 18)), origin, name("a", rng), name("d", rng),
            client, "l-home")
        for day in days[:: rng.randint(2, 4)]
    ]  # fmt: skip


def _travel(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    """The credential is used far away within the hour, with a device that pretends to be the victim's."""
    return _elsewhere(made, rng, origin, _days(rng, 1, 2))


def _travel_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    return _elsewhere(made, rng, origin, _days(rng, 7, 14))[:: rng.randint(2, 4)]


def _elsewhere(made: Company, rng: random.Random, origin: str, days: range) -> list[SignIn]:
    source, place, found = name("a", rng), f"l-{50 + rng.randrange(20)}", list[SignIn]()
    inside = {at(day, 0) // DAY for day in days}
    while not found:
        who = _victim(made, rng, days[-1]).id
        found = [
            _in(
                who,
                each.at + int(rng.uniform(300, 5400) * SECOND),
                origin,
                source,
                each.device,
                each.client,
                place,
            )
            for each in made.events
            if each.principal == who and each.act is Act.SIGN_IN and each.good and each.at // DAY in inside
        ]
        if not found:
            days = _days(rng, 1, 2)
            inside = {at(day, 0) // DAY for day in days}
    return found


def _consent(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    day, client = _days(rng, 1, 1)[0], name("c", rng)
    return [_granted(_victim(made, rng, day), day, rng, origin, client) for _ in range(rng.randint(2, 12))]


def _consent_slow(made: Company, rng: random.Random, origin: str) -> list[SignIn]:
    days, client = _days(rng, 8, 14), name("c", rng)
    step = rng.randint(1, 3)
    return [_granted(_victim(made, rng, days[-1]), day, rng, origin, client) for day in days[::step]]


def _granted(who: Person, day: int, rng: random.Random, origin: str, client: str) -> SignIn:
    return SignIn(at(day, rng.uniform(8, 18)), origin, Act.CONSENT, Reason.NONE, Credential.UNKNOWN, who.id,
                  who.homes[-1], client, who.devices[0], "l-home", grave=True)  # fmt: skip


_OWN = frozenset(
    {Kind.UNKNOWN_DEVICE, Kind.NEW_CLIENT, Kind.DORMANT, Kind.IMPOSSIBLE, Kind.GUESSING, Kind.UNUSUAL}
)
"""Words for a good sign-in that is not the principal's; which one fits best is the watch's to say."""
_TRIES = frozenset({Kind.STUFFING, Kind.SPRAYING})


def _pair(label: str, kinds: frozenset[Kind], quick: Script, slow: Script) -> Iterator[Campaign]:
    yield Campaign(label, False, kinds, quick)
    yield Campaign(label, True, kinds, slow)


CAMPAIGNS: tuple[Campaign, ...] = (
    *_pair("stuffing", _TRIES, _stuffing, _stuffing_slow),
    *_pair("spraying", _TRIES, _spraying, _spraying_slow),
    *_pair("guessing", frozenset({Kind.GUESSING}), _guessing, _guessing_slow),
    *_pair("token replay", frozenset({Kind.TOKEN_REPLAY}), *_proofs(Reason.TOKEN_REPLAYED)),
    *_pair("session taken", frozenset({Kind.TOKEN_REPLAY}), _session_quick, _session_slow),
    *_pair("proof replay", frozenset({Kind.PROOF_REPLAY}), *_proofs(Reason.PROOF_REPLAYED)),
    *_pair("refresh reuse", frozenset({Kind.REFRESH_REUSE}), *_proofs(Reason.REFRESH_REUSED)),
    *_pair("unknown device", _OWN, _device, _device_slow),
    *_pair("dormant principal", _OWN, _dormant, _dormant_slow),
    *_pair("new client", _OWN, _client, _client_slow),
    *_pair("impossible sequence", _OWN, _travel, _travel_slow),
    *_pair("consent abuse", frozenset({Kind.CONSENT}), _consent, _consent_slow),
)
