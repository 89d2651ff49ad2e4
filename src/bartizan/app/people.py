"""People at their browsers: signing in and out, passkeys, recovery codes, and proving it again.

Rules of this file: as `control.py`: what grants is recorded before it is committed, what takes away is committed
before it is recorded. Every call that is somebody's begins with `who`, and reaches their own rows alone. Refusals are
counted, and recorded once a second a reason, so that a stranger's fill no disk. Nothing here knows HTTP.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, Engine

from bartizan.access import register
from bartizan.access.errors import PrincipalRevoked
from bartizan.access.people import keys, once, session
from bartizan.access.people.challenge import Challenges
from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.access.people.keys import Passkey
from bartizan.access.people.passkey import Answer, Site, asserted, enrolled, read_answer, to_assert, to_enrol
from bartizan.access.people.session import Session
from bartizan.app.entry import Entry
from bartizan.clock import Clock, Nanoseconds
from bartizan.crypto.secret import Reticent, Secret
from bartizan.identity.principal import Kind, NotAPrincipal, Principal
from bartizan.identity.verified import DEVICE_BOUND, Verified
from bartizan.ledger.event import Outcome

SIGN_IN: Final = "sign-in"
Result = TypeVar("Result")


class Ports(msgspec.Struct, frozen=True):
    """What this work needs from its process.

    Attributes:
        store: opened, with the room's tables.
        clock: tells the time.
        record: as `control.Ports.record`.
        site: where people sign in.
        permits: (person, how they were verified, key agreement of their connection) -> what the policies permit them, of
            what pages offer.
        flagged: (person) -> when a sign-in of theirs was flagged last; 0 where none is held against them.
    """

    store: Engine
    clock: Clock
    record: Callable[[Sequence[Entry]], tuple[int, int]]
    site: Site
    permits: Callable[[Principal, Verified, str], frozenset[str]] = lambda _, __, ___: frozenset()
    flagged: Callable[[Principal], Nanoseconds] = lambda _person: Nanoseconds(0)


class Who(Reticent, frozen=True):
    """Somebody who is signed in.

    Attributes:
        person: who.
        session: as what.
        form: what their forms must hold.
        now: the instant.
        may: what the policies permit them, of what pages offer.
        wants: what they would permit besides, were they verified by a passkey now -> what is to be said of it.
        flagged: when a sign-in of theirs was flagged last; 0 where none is held against them.
    """

    person: Principal
    session: Session
    form: str
    now: Nanoseconds
    may: frozenset[str] = frozenset()
    wants: Mapping[str, Fault] = {}
    flagged: Nanoseconds = Nanoseconds(0)

    @property
    def is_fresh(self) -> bool:
        """Return whether they were verified lately, and since a sign-in of theirs was flagged."""
        return self.session.is_fresh(self.now, self.flagged)

    @property
    def offered(self) -> frozenset[str]:
        """Return what they may do, or could once a passkey verified them."""
        return self.may.union(self.wants)

    def require(self, action: str) -> None:
        """Refuse what the policies do not permit them.

        Raises:
            SignInRefused: they do not.
        """
        if action not in self.may:
            raise SignInRefused(self.wants.get(action, Fault.NOT_PERMITTED))

    @property
    def may_enrol(self) -> bool:
        """Return whether they may add a passkey now."""
        return self.session.may_enrol(self.now, self.flagged)


class Beginning(Reticent, frozen=True):
    """How a session begins.

    Attributes:
        by: passkey, link or recovery-code.
        worth: what that counts as.
        before: the cookie that the browser had; its session ends.
        source: pseudonym of the network that it comes from, or empty.
    """

    by: str
    worth: str
    before: str
    source: str


class Account(msgspec.Struct, frozen=True):
    """What a person has here."""

    passkeys: tuple[Passkey, ...]
    sessions: tuple[Session, ...]
    codes: int


class People:
    """Signs people in, keeps their sessions and passkeys."""

    def __init__(self, ports: Ports) -> None:
        """Take the ports."""
        self._ports, self._challenges = ports, Challenges()
        self._refused: Counter[str] = Counter()

    @property
    def origin(self) -> str:
        """Return where forms must come from."""
        return self._ports.site.origin

    # ---- signing in ----------------------------------------------------------------------------------------
    def person(self, principal: str) -> Principal:
        """Return somebody whom a link could sign in.

        Raises:
            PrincipalUnknown, PrincipalRevoked, NotAPrincipal.
        """
        with self._ports.store.begin() as connection:
            return _person(connection, principal)

    def link(self, principal: str, actor: str = "owner") -> Secret:
        """Return the token of a link that signs a person in once, within a minute.

        Args:
            principal: id of the person.
            actor: whose doing it is: `owner`, or a pseudonym.
        Raises:
            PrincipalUnknown, PrincipalRevoked, NotAPrincipal, JournalUnwritable.
        """
        with self._ports.store.begin() as connection:
            person = _person(connection, principal)
            token = once.give_link(connection, principal, self._now())
            self._ports.record([Entry("access.link.issued", actor, person.pseudonym, Outcome.DONE)])
        return token

    def options(self) -> str:
        """Return what a browser that nobody has signed in at asks its passkeys."""
        challenge = self._challenges.make(SIGN_IN, self._now())
        return to_assert(self._ports.site, challenge, [])

    def sign_in(self, sent: str, before: str, source: str = "") -> Secret:
        """Return the cookie of a new session, begun by a passkey.

        Args:
            sent: the browser's answer to `options`.
            before: the cookie that it had; its session ends.
            source: pseudonym of the network that it comes from, or empty.
        Raises:
            SignInRefused, JournalUnwritable.
        """

        def begin(connection: Connection) -> Secret:
            passkey = self._assert(connection, sent, SIGN_IN, "")
            how = Beginning("passkey", passkey.worth, before, source)
            return self._begin(connection, passkey.principal, how)

        return self._counted(begin)

    def follow(self, token: str, before: str, source: str = "") -> Secret:
        """Return the cookie of a new session, begun by a link; otherwise as `sign_in`."""

        def begin(connection: Connection) -> Secret:
            principal = once.take_link(connection, token, self._now())
            return self._begin(connection, principal, Beginning("link", DEVICE_BOUND, before, source))

        return self._counted(begin)

    def recover(self, code: str, before: str, source: str = "") -> Secret:
        """Return the cookie of a new session, begun by a recovery code; otherwise as `sign_in`."""

        def begin(connection: Connection) -> Secret:
            principal, worth = once.take_code(connection, code)
            return self._begin(connection, principal, Beginning("recovery-code", worth, before, source))

        return self._counted(begin)

    def _begin(self, connection: Connection, principal: str, how: Beginning) -> Secret:
        person = register.get(connection, principal)
        if person.revoked:
            raise SignInRefused(Fault.PASSKEY_UNKNOWN)
        if how.before:
            session.leave(connection, how.before)
        begun, cookie = session.begin(connection, principal, how.by, how.worth, self._now())
        detail: dict[str, int | str] = {"by": how.by, "key": begun.key}
        if how.source:
            detail["source"] = how.source.removeprefix("a-")
        entry = Entry("access.session.begun", person.pseudonym, f"s-{begun.id}", Outcome.DONE, detail=detail)
        self._ports.record([entry])
        return cookie

    def _assert(self, connection: Connection, sent: str, purpose: str, principal: str) -> Passkey:
        """Return the passkey that answered a challenge of this purpose; of this person, where one is named."""
        answer, now = read_answer(sent), self._now()
        self._challenges.check(answer.challenge, purpose, now)
        passkey = keys.of_credential(connection, answer.credential)
        if principal not in {"", passkey.principal} or not self._is_theirs(connection, passkey, answer):
            raise SignInRefused(Fault.PASSKEY_UNKNOWN)
        shown = asserted(self._ports.site, answer, passkey.public_key, passkey.count, synced=passkey.synced)
        self._challenges.take(answer.challenge, now)
        keys.used(connection, passkey, shown, now)
        return passkey

    @staticmethod
    def _is_theirs(connection: Connection, passkey: Passkey, answer: Answer) -> bool:
        """Return whether the person that an answer names, if it does, is whose passkey it is (section 7.2, step 6)."""
        return not answer.user or answer.user == keys.handle(register.get(connection, passkey.principal))

    # ---- signed in -----------------------------------------------------------------------------------------
    def who(self, cookie: str, group: str = "") -> Who:
        """Return who a cookie's session is of.

        Args:
            cookie: that their browser shows.
            group: key agreement of its connection, a word of `tls_groups`; empty where nobody knows.
        Raises:
            SignInRefused: nobody.
        """
        now = self._now()
        with self._ports.store.begin() as connection:
            found = session.find(connection, cookie, now)
            person = register.get(connection, found.principal)
        verified = found.verified_by
        may = self._ports.permits(person, verified, group)
        wants = dict.fromkeys(
            self._ports.permits(person, Verified(DEVICE_BOUND, now), group) - may, Fault.PASSKEY_SYNCED
        )
        again = self._ports.permits(person, Verified(verified.passkey, now), group) - may
        wants |= dict.fromkeys(again, Fault.VERIFICATION_OLD)
        form, flagged = session.form_token(cookie), self._ports.flagged(person)
        return Who(person, found, form, now, may, wants, flagged)

    def account(self, who: Who) -> Account:
        """Return what somebody has here."""
        with self._ports.store.begin() as connection:
            return Account(
                keys.of_person(connection, who.person.id),
                session.of_person(connection, who.person.id, who.now),
                once.codes_left(connection, who.person.id),
            )

    def sign_out(self, who: Who, other: str = "") -> None:
        """End this session of somebody's, or another one of theirs. Raises `SignInRefused`, `JournalUnwritable`."""
        with self._ports.store.begin() as connection:
            session.end(connection, who.person.id, other or who.session.id)
        self._say("access.session.ended", who, f"s-{other or who.session.id}", count=1)

    def sign_out_everywhere(self, who: Who) -> None:
        """End all sessions of somebody's. Raises `JournalUnwritable`."""
        with self._ports.store.begin() as connection:
            count = session.end_all(connection, who.person.id)
        self._say("access.session.ended", who, who.person.pseudonym, count=count)

    # ---- passkeys ------------------------------------------------------------------------------------------
    def enrolment(self, who: Who) -> str:
        """Return what a browser is asked for somebody's new passkey. Raises `SignInRefused`."""
        self._require(who.may_enrol)
        challenge = self._challenges.make(f"enrol {who.session.id}", who.now)
        known = [each.credential for each in self.account(who).passkeys]
        return to_enrol(self._ports.site, challenge, keys.handle(who.person), who.person.name, known)

    def enrol(self, who: Who, sent: str, label: str) -> None:
        """Add a passkey of somebody's.

        Raises:
            SignInRefused, JournalUnwritable.
        """
        self._require(who.may_enrol)
        self._counted(lambda connection: self._enrol(connection, who, sent, label))

    def _enrol(self, connection: Connection, who: Who, sent: str, label: str) -> None:
        answer = read_answer(sent)
        self._challenges.check(answer.challenge, f"enrol {who.session.id}", who.now)
        found = enrolled(self._ports.site, answer)
        self._challenges.take(answer.challenge, who.now)
        by = who.session.gives(who.now)
        added = keys.add(connection, who.person.id, found, label.strip() or "Passkey", who.now, by)
        session.verify(connection, who.session, added.worth, who.now)
        self._say("access.passkey.added", who, f"k-{added.id}", key=added.worth)

    def remove(self, who: Who, passkey: str) -> None:
        """Forget a passkey of somebody's, and end their other sessions. Raises as `enrol`."""
        self._require(who.is_fresh)
        with self._ports.store.begin() as connection:
            keys.remove(connection, who.person.id, passkey)
            others = session.end_others(connection, who.session)
        self._say("access.passkey.removed", who, f"k-{passkey}")
        if others:
            self._say("access.session.ended", who, who.person.pseudonym, count=others)

    def verification(self, who: Who) -> str:
        """Return what a browser asks somebody's passkeys, to prove who they are once more."""
        challenge = self._challenges.make(f"verify {who.session.id}", who.now)
        known = [each.credential for each in self.account(who).passkeys]
        return to_assert(self._ports.site, challenge, known)

    def verify(self, who: Who, sent: str) -> None:
        """Remember that somebody proved who they are just now. Raises as `enrol`."""
        self._counted(lambda connection: self._verify(connection, who, sent))

    def _verify(self, connection: Connection, who: Who, sent: str) -> None:
        passkey = self._assert(connection, sent, f"verify {who.session.id}", who.person.id)
        session.verify(connection, who.session, passkey.worth, who.now)
        self._say("access.session.verified", who, f"s-{who.session.id}", key=passkey.worth)

    def codes(self, who: Who) -> tuple[Secret, ...]:
        """Return somebody's new recovery codes, to be shown once. Raises as `enrol`."""
        self._require(who.is_fresh)
        with self._ports.store.begin() as connection:
            given = once.give_codes(connection, who.person.id, who.session.gives(who.now))
            self._say("access.recovery.issued", who, who.person.pseudonym, count=len(given))
        return given

    # ---- the record ----------------------------------------------------------------------------------------
    def refused(self, fault: SignInRefused) -> None:
        """Count a refusal, to be recorded by `record_refusals`."""
        self._refused[fault.reason] += 1

    def record_refusals(self) -> None:
        """Record the refusals since the last call: one event a reason."""
        counted, self._refused = self._refused, Counter()
        entries = [
            Entry(
                "access.login.refused",
                "anonymous",
                "",
                Outcome.DENIED,
                detail={"reason": reason, "count": count},
            )
            for reason, count in sorted(counted.items())
        ]
        if entries:
            self._ports.record(entries)

    def _counted(self, act: Callable[[Connection], Result]) -> Result:
        try:
            with self._ports.store.begin() as connection:
                return act(connection)
        except SignInRefused as fault:
            self.refused(fault)
            raise

    @staticmethod
    def _require(proven: bool) -> None:  # noqa: FBT001 - what is required
        if not proven:
            raise SignInRefused(Fault.VERIFICATION_OLD)

    def _say(self, kind: str, who: Who, subject: str, **detail: int | str) -> None:
        self._ports.record([Entry(kind, who.person.pseudonym, subject, Outcome.DONE, detail=detail)])

    def _now(self) -> Nanoseconds:
        return self._ports.clock.now()


def _person(connection: Connection, principal: str) -> Principal:
    person = register.get(connection, principal)
    if person.kind is not Kind.USER:
        raise NotAPrincipal("only a person signs in with a browser; choose one of kind user")
    if person.revoked:
        raise PrincipalRevoked(principal)
    return person
