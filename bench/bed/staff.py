"""A company of 200 principals for 30 days: who signs in when, from where, with what, and what goes wrong honestly.

Everything is drawn from a seed, how often things go wrong included: two seeds are two companies.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from bartizan.access.signin.subject import Act, Credential, Reason, SignIn
from bartizan.clock import DAY, SECOND

DAYS = 30
PEOPLE, SERVICES = 170, 30
MONDAY = 20_458
"""A day since the epoch that is a Monday."""
_HOUR = 3600.0
_HOME_PLACE = "l-home"


def name(letter: str, rng: random.Random) -> str:
    return f"{letter}-{rng.getrandbits(64):016x}"


@dataclass
class Habits:
    """How often things happen in one company."""

    slip: float
    trip: float
    laptop: float
    roam: float
    remote: float
    noise: float
    retry: float
    tool: float
    consent: float
    vpn: float
    travel: float
    shift: float
    lease: float
    borrow: float
    begin: float

    @classmethod
    def drawn(cls, rng: random.Random) -> "Habits":
        return cls(
            slip=rng.uniform(0.02, 0.08),
            trip=rng.uniform(0.004, 0.012),
            laptop=rng.uniform(0.003, 0.008),
            roam=rng.uniform(0.05, 0.25),
            remote=rng.uniform(0.3, 0.7),
            noise=rng.uniform(2, 15),
            retry=rng.uniform(0.0, 0.003),
            tool=rng.uniform(0.002, 0.008),
            consent=rng.uniform(0.005, 0.02),
            vpn=rng.uniform(0.1, 0.4),
            travel=rng.uniform(0.0, 0.1),
            shift=rng.uniform(0.0, 0.1),
            lease=rng.uniform(0.0, 0.15),
            borrow=rng.uniform(0.0, 0.001),
            begin=rng.uniform(0.0, 0.3),
        )


@dataclass
class Person:
    """One human: where it works, with what, and when."""

    id: str
    homes: list[str]
    phone: str
    devices: list[str]
    clients: list[str]
    hour: float
    remote: bool
    vpn: bool
    leave: tuple[int, int]
    first: int = 0
    last: int = DAYS
    trip: tuple[int, str, str] = (-1, "", "")
    travels: bool = False
    shifts: bool = False
    leased: bool = False
    sessions: list[tuple[str, str, str, str]] = field(default_factory=list)


@dataclass
class Service:
    """One machine's account: the networks that it runs in, its jobs, and the day on which each begins.

    Attributes:
        id: its pseudonym.
        pool: networks; none for one that is run wherever there is room.
        jobs: (first day, hours of the day at which it asks, client).
    """

    id: str
    pool: list[str]
    jobs: list[tuple[int, list[float], str]]


@dataclass
class Company:
    """What campaigns know of it."""

    habits: Habits
    people: list[Person]
    services: list["Service"]
    asleep: list[str]
    office: str
    vpn: str
    clients: list[str]
    events: list[SignIn]


def company(seed: str, origin: str = "bench") -> Company:
    """Return a company with its thirty honest days."""
    rng = random.Random(seed)
    habits = Habits.drawn(rng)
    office, vpn = name("a", rng), name("a", rng)
    clients = [name("c", rng) for _ in range(12)]
    people = [_person(rng, clients, habits) for _ in range(PEOPLE)]
    services = [_service(rng, habits) for _ in range(SERVICES)]
    asleep = [name("p", rng) for _ in range(12)]
    made = Company(habits, people, services, asleep, office, vpn, clients, [])
    made.events.extend(_everything(made, rng, origin))
    made.events.sort(key=lambda each: each.at)
    return made


def at(day: float, hour: float) -> int:
    return int((MONDAY + day) * DAY + hour * _HOUR * SECOND)


def _person(rng: random.Random, clients: list[str], habits: Habits) -> Person:
    away = rng.randrange(DAYS)
    hired = rng.random() < 0.03
    return Person(
        name("p", rng),
        [name("a", rng)],
        name("a", rng),
        [name("d", rng), name("d", rng)],
        rng.sample(clients, rng.randint(1, 4)),
        rng.gauss(8.5, 1.2),
        rng.random() < 0.5,
        rng.random() < 0.3,
        (away, away + rng.choice([0, 0, 3, 7, 12])),
        first=rng.randrange(7, DAYS) if hired else 0,
        last=rng.randrange(DAYS) if rng.random() < 0.02 else DAYS,
        travels=rng.random() < habits.travel,
        shifts=rng.random() < habits.shift,
        leased=rng.random() < habits.lease,
    )


def _service(rng: random.Random, habits: Habits) -> Service:
    """Return one that asks every hour; now and then it is new, or a nightly job of it begins later."""
    client = name("c", rng)
    begins = rng.randrange(DAYS) if rng.random() < habits.begin / 2 else 0
    jobs = [(begins, [hour + rng.random() for hour in range(24)], client)]
    if rng.random() < habits.begin:
        later, night = rng.randrange(begins, DAYS), rng.uniform(0, 5)
        jobs.append((later, [night, night + 0.5], client if rng.random() < 0.5 else name("c", rng)))
    pool = [] if rng.random() < 0.05 else [name("a", rng) for _ in range(rng.randint(1, 3))]
    return Service(name("p", rng), pool, jobs)


def _everything(made: Company, rng: random.Random, origin: str) -> Iterator[SignIn]:
    holidays = set(rng.sample(range(DAYS), 2))
    rollout = rng.randrange(8, DAYS), name("c", rng)
    noisy = [name("a", rng) for _ in range(40)]
    replaced = _replaced(made, rng)
    for day in range(DAYS):
        working = day % 7 < 5 and day not in holidays
        for person in replaced.get(day, []):
            person.devices[0] = name("d", rng)
        for person in made.people:
            yield from _persons_day(made, person, day, rng, origin, working=working)
        for service in made.services:
            yield from _services_day(service, day, rng, origin)
        yield from _noise(made, day, rng, origin, noisy)
        yield from _consents(made, day, rng, origin, rollout)
    for each in made.asleep[:4]:  # were there once, at the beginning
        yield SignIn(at(0, 10), origin, principal=each, source=name("a", rng), device=name("d", rng),
                     client=made.clients[0], place=_HOME_PLACE, credential=Credential.PASSWORD)  # fmt: skip


def _replaced(made: Company, rng: random.Random) -> dict[int, list[Person]]:
    """Return whose laptops are replaced on which day: in some companies, those of a department within a week."""
    if rng.random() < 0.6:
        return {}
    first, found = rng.randrange(DAYS), dict[int, list[Person]]()
    for person in rng.sample(made.people, rng.randint(5, 30)):
        found.setdefault(first + rng.randrange(5), []).append(person)
    return found


def _persons_day(
    made: Company, person: Person, day: int, rng: random.Random, origin: str, *, working: bool
) -> Iterator[SignIn]:
    if not person.first <= day < person.last or person.leave[0] <= day < person.leave[1]:
        return
    if not working and rng.random() > 0.07:
        return
    _news(made, person, day, rng)
    hour = person.hour + rng.gauss(0, 0.6) if working else rng.uniform(8, 22)
    if person.shifts:  # early, late and night in turn, a week each
        hour = 8 * ((day // 7 + int(person.hour)) % 3) + 6 + rng.gauss(0, 0.3)
    for _ in range(1 + (rng.random() < 0.4) + (rng.random() < 0.15)):
        yield from _sits_down(made, person, at(day, hour % 24), rng, origin)
        hour += rng.uniform(2, 5)
    if rng.random() < 0.03:  # something breaks at night
        yield from _sits_down(made, person, at(day, rng.uniform(20, 23.9)), rng, origin)
    if rng.random() < made.habits.borrow:  # with a device of somebody else's, where that one is
        elsewhere = SignIn(
            at(day, rng.uniform(8, 22)), origin, principal=person.id, source=name("a", rng),
            client=rng.choice(person.clients), device=name("d", rng), place=_HOME_PLACE,
            credential=Credential.PASSWORD,
        )  # fmt: skip
        yield elsewhere


def _news(made: Company, person: Person, day: int, rng: random.Random) -> None:
    habits = made.habits
    if rng.random() < habits.laptop:
        person.devices[rng.randrange(2)] = name("d", rng)
    if rng.random() < habits.tool:
        person.clients.append(rng.choice(made.clients) if rng.random() < 0.7 else name("c", rng))
    if rng.random() < (0.15 if person.travels else habits.trip):
        abroad = f"l-{rng.randrange(20)}" if rng.random() < 0.6 else _HOME_PLACE
        person.trip = (day + rng.randint(1, 5), name("a", rng), abroad)
    if rng.random() < 0.002:
        person.homes.append(name("a", rng))  # moves, or another provider
    elif person.leased and rng.random() < 0.15:
        person.homes.append(name("a", rng))  # a provider that gives out addresses for some days


def _where(made: Company, person: Person, day: int, rng: random.Random) -> tuple[str, str]:
    if day < person.trip[0]:
        return person.trip[1:]
    if rng.random() < made.habits.roam / 3:
        return person.phone, _HOME_PLACE
    if person.vpn and rng.random() < made.habits.vpn:
        return made.vpn, "l-vpn" if rng.random() < 0.2 else _HOME_PLACE
    if person.remote and rng.random() < made.habits.remote:
        return person.homes[-1], _HOME_PLACE
    return made.office, _HOME_PLACE


def _sits_down(made: Company, person: Person, when: int, rng: random.Random, origin: str) -> Iterator[SignIn]:
    source, place = _where(made, person, int(when // DAY) - MONDAY, rng)
    device, client = person.devices[rng.random() < 0.25], rng.choice(person.clients)
    usual = SignIn(
        when, origin, principal=person.id, source=source, client=client, device=device, place=place,
        credential=Credential.PASSWORD,
    )  # fmt: skip
    while rng.random() < made.habits.slip:
        reason = Reason.SECRET_WRONG if rng.random() < 0.8 else Reason.SECOND_FACTOR
        slip = replace(usual, at=when, reason=reason)
        if rng.random() < 0.15:
            slip = replace(slip, principal="", reason=Reason.PRINCIPAL_UNKNOWN)
        yield slip
        when += int(rng.uniform(5, 40) * SECOND)
    session = name("s", rng)
    yield replace(usual, at=when, session=session)
    usual = replace(usual, act=Act.RENEW, credential=Credential.SESSION, session=session)
    for _ in range(rng.randint(2, 8)):
        when += int(rng.expovariate(1 / 2400) * SECOND)
        if rng.random() < made.habits.roam / 8:  # takes the laptop elsewhere
            usual = replace(usual, source=rng.choice([person.homes[-1], person.phone, name("a", rng)]))
        if rng.random() < made.habits.retry:
            yield replace(usual, at=when, reason=Reason.REFRESH_REUSED)
        yield replace(usual, at=when)


def _services_day(service: Service, day: int, rng: random.Random, origin: str) -> Iterator[SignIn]:
    for first, hours, client in service.jobs:
        if day < first:
            continue
        # a secret that was changed in one place only, or was not there yet when the job began
        wrong = rng.random() < (0.2 if 0 < first == day else 0.003)
        runner = name("a", rng)
        for hour in hours:
            source = rng.choice(service.pool) if service.pool and rng.random() > 0.0005 else runner
            good = SignIn(
                at(day, hour), origin, principal=service.id, source=source, client=client, place=_HOME_PLACE,
                credential=Credential.SECRET,
            )  # fmt: skip
            if wrong and hour < 6:
                yield from (
                    replace(good, at=good.at + n * SECOND, reason=Reason.SECRET_WRONG) for n in range(20)
                )
            yield replace(good, at=good.at + 20 * SECOND if wrong else good.at)


def _noise(made: Company, day: int, rng: random.Random, origin: str, noisy: list[str]) -> Iterator[SignIn]:
    """What every door on the Internet hears: names that nobody has, now and then one that somebody has."""
    for _ in range(_poisson(made.habits.noise, rng)):
        known = rng.random() < 0.15
        yield SignIn(
            at(day, rng.uniform(0, 24)), origin,
            reason=Reason.SECRET_WRONG if known else Reason.PRINCIPAL_UNKNOWN,
            principal=rng.choice(made.people).id if known else "", credential=Credential.PASSWORD,
            source=rng.choice(noisy) if rng.random() < 0.5 else name("a", rng), place=f"l-{rng.randrange(40)}",
            client=made.clients[0],
        )  # fmt: skip


def _consents(
    made: Company, day: int, rng: random.Random, origin: str, rollout: tuple[int, str]
) -> Iterator[SignIn]:
    for person in made.people:
        if rng.random() < made.habits.consent and day % 7 < 5:
            new = rng.random() < 0.3
            client = name("c", rng) if new else rng.choice(made.clients)
            grave = rng.random() < (0.15 if new else 0.3)
            yield _consent(origin, person, day, rng, client, grave=grave)
        if rollout[0] <= day < rollout[0] + 4 and rng.random() < 0.25:
            yield _consent(origin, person, day, rng, rollout[1], grave=False)


def _consent(
    origin: str, person: Person, day: int, rng: random.Random, client: str, *, grave: bool
) -> SignIn:
    return SignIn(at(day, rng.uniform(9, 17)), origin, Act.CONSENT, principal=person.id, client=client,
                  grave=grave, source=person.homes[-1], device=person.devices[0], place=_HOME_PLACE)  # fmt: skip


def _poisson(mean: float, rng: random.Random) -> int:
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
