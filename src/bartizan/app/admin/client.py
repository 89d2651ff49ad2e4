"""What every client of the Admin API has: a method for what people and programs ask.

Rules of this file: a call is a row of the table. Tokens and secrets go to the caller and nowhere else.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from bartizan.admin import (
    consents,
    devices,
    evidence,
    held,
    issuer,
    links,
    platform,
    policies,
    principals,
    record,
    schedules,
    signins,
    tokens,
)
from bartizan.admin.consents import Consent
from bartizan.admin.devices import Admission, AskingDevice, KnownDevice
from bartizan.admin.evidence import EvidenceKept, EvidenceOpened, Opening, Purpose
from bartizan.admin.forms import MOST_PAGE, Paged
from bartizan.admin.held import Decision, HeldRequest
from bartizan.admin.issuer import Rotated, RotationWanted
from bartizan.admin.links import LinkWanted, SignInLink
from bartizan.admin.policies import Earlier, Policies, PolicyApplied, PolicyListed, PolicyVersion, Tagged
from bartizan.admin.principals import KeysGiven, Person, Registered, Registration
from bartizan.admin.record import Recorded, Report
from bartizan.admin.schedules import Shown
from bartizan.admin.signins import Suspect, Watch
from bartizan.admin.tokens import Token, TokenWanted
from bartizan.app.admin.asking import Asking, body_of

ANY: Final = "*"
"""Matches whatever is there."""


class SignIns(msgspec.Struct, frozen=True):
    """How the watch over sign-ins stands, and against whom an alert is held."""

    standing: signins.Standing | None
    suspects: tuple[Suspect, ...]


class Devices(msgspec.Struct, frozen=True):
    """Keys that ask to be admitted, and devices that were."""

    asking: tuple[AskingDevice, ...]
    devices: tuple[KnownDevice, ...]


class Admin(Asking):
    """A client of one platform's Admin API."""

    __slots__ = ()

    # ---- principals and tokens -----------------------------------------------------------------------------
    def token(self, principal: str, audience: str, seconds: int, key: str = "") -> Token:
        """Return a token; over the owner's socket alone.

        Args:
            principal: id of the owner or of one of the drill's principals.
            audience: `bartizan:gateway` or `bartizan:control`.
            seconds: its life, 1 to 600.
            key: thumbprint of the key that it is bound to; empty for a bearer token.
        Raises:
            OwnerRefused; what `send` raises.
        """
        wanted = {"principal": principal, "audience": audience, "seconds": seconds, "key": key}
        return self.ask(tokens.ISSUE, body_of(TokenWanted, wanted))

    def people(self) -> tuple[Person, ...]:
        """Return everybody who is registered, the revoked included; raises as `token`."""
        return tuple(self.each(lambda at: self.ask(principals.LIST, query=_page(at))))

    def sign_in_link(self, principal: str) -> SignInLink:
        """Return a link that signs a person in once; raises as `token`.

        Over the network another owner has to approve it first: until then it is refused with `approval-awaited`.
        """
        return self.ask(links.LINK, body_of(LinkWanted, {"principal": principal}))

    def register(  # noqa: PLR0913 - all that a registration says
        self,
        name: str,
        kind: str,
        roles: Sequence[str],
        keys: str = "",
        redirects: Sequence[str] = (),
        *,
        public: bool = False,
        device_flow: bool = False,
        reuse: bool = False,
        key: str = "",
    ) -> Registered:
        """Return a new principal; its roles are in force in every worker; raises as `token`.

        Args:
            name, kind, roles: of the principal.
            keys: public JWK or a set of them, JSON; with one there is no secret.
            redirects: addresses to which it has people sent back; makes it an application.
            public: whether that can keep no secret.
            device_flow: whether it asks people by a code that they type elsewhere; makes it an application too.
            reuse: whether the name may be one of somebody who was erased.
            key: under which it is registered once, however often it is asked for; without its secret from then on.
        """
        wanted: dict[str, Any] = {"name": name, "kind": kind, "roles": list(roles), "keys": keys}
        wanted |= {"redirects": list(redirects), "public": public, "device_flow": device_flow, "reuse": reuse}
        return self.ask(principals.REGISTER, body_of(Registration, wanted), key=key)

    def adopt(
        self, name: str, kind: str, roles: Sequence[str], issuer: str, subject: str, *, reuse: bool = False
    ) -> Registered:
        """Return a new principal that is known by an external issuer's tokens, and has no secret; raises as `token`.

        Args:
            name, kind, roles: of it.
            issuer, subject: of those tokens.
            reuse: whether the name may be one of somebody who was erased.
        """
        wanted: dict[str, Any] = {"name": name, "kind": kind, "roles": list(roles), "reuse": reuse}
        wanted |= {"issuer": issuer, "subject": subject}
        return self.ask(principals.REGISTER, body_of(Registration, wanted))

    def give_keys(self, principal: str, keys: str, match: str = ANY) -> tuple[str, ...]:
        """Have a principal's client sign with these public keys from now on; return their ids; raises as `token`."""
        return self.ask(principals.GIVE_KEYS, KeysGiven(keys), match=match, principal=principal).kids

    def rotate(self, *, at_once: bool, match: str = ANY) -> Rotated:
        """Publish a new key of the issuer, or have it take the old one's place at once; raises as `token`.

        Args:
            at_once: whether every token of the old one is refused from now on.
            match: ETag of the keys that there are, or `ANY`.
        """
        return self.ask(issuer.ROTATE, RotationWanted(at_once), match=match)

    def revoke(self, principal: str, match: str = ANY) -> int:
        """Refuse everything of a principal from now on, in every worker; return the generation; raises as `token`."""
        return self.ask(principals.REVOKE, match=match, principal=principal).generation

    def erase(self, principal: str, match: str = ANY) -> int:
        """Revoke a principal and forget who its pseudonym is; return the generation; raises as `token`."""
        return self.ask(principals.ERASE, match=match, principal=principal).generation

    def renew_secret(self, principal: str, match: str = ANY) -> Registered:
        """Return somebody with another client secret; the one before no longer works; raises as `token`."""
        return self.ask(principals.RENEW, match=match, principal=principal)

    def consents(self, principal: str = "") -> tuple[Consent, ...]:
        """Return the applications that may act for somebody, by their id; empty for whoever asks; raises as `token`."""
        if not principal:
            return tuple(self.each(lambda at: self.ask(consents.LIST_OWN, query=_page(at))))
        return tuple(self.each(lambda at: self.ask(consents.LIST, query=_page(at), principal=principal)))

    def withdraw(self, application: str, principal: str = "") -> int:
        """Let an application act for somebody no longer; return the generation; otherwise as `consents`."""
        if not principal:
            return self.ask(consents.WITHDRAW_OWN, application=application).generation
        return self.ask(consents.WITHDRAW, principal=principal, application=application).generation

    def revoke_token(self, token: str) -> int:
        """Refuse one token by its id from now on, in every worker; return the generation; raises as `token`."""
        return self.ask(tokens.REVOKE, token=token).generation

    # ---- policies ------------------------------------------------------------------------------------------
    def policy(self, version: int = 0) -> PolicyVersion:
        """Return a version of the policies with its text; 0 is the one in force; raises as `token`."""
        if not version:
            return self.ask(policies.READ)
        return self.ask(policies.VERSION, version=str(version))

    def policy_versions(self) -> tuple[PolicyListed, ...]:
        """Return the versions that are kept, the newest first; raises as `token`."""
        return tuple(self.each(lambda at: self.ask(policies.LIST, query=_page(at))))

    def apply_policies(
        self, files: Mapping[str, str], *, configured: bool, match: str = ANY
    ) -> PolicyApplied:
        """Put policies in force in every worker, and return their version; raises as `token`.

        Args:
            files: Cedar text by name of its file; none are the built-in policies.
            configured: whether the configuration leads to these.
            match: ETag of those that they take the place of, or `ANY`.
        """
        return self.ask(policies.APPLY, Policies(dict(files), configured), match=match)

    def roll_back_policies(self, version: int, match: str = ANY) -> PolicyApplied:
        """Put an earlier version in force in every worker, and return the new one that it is; raises as `token`."""
        return self.ask(policies.ROLL_BACK, Earlier(version), match=match)

    def tool_tags(self, of: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return pseudonym -> tag -> name of tools that the record may tell of; raises as `token`."""
        return self.ask(policies.TAGS, Tagged(tuple(of), tuple(names))).tags

    # ---- what it watches and runs --------------------------------------------------------------------------
    def signins(self) -> SignIns:
        """Return how the watch over sign-ins stands, and against whom an alert is held; raises as `token`."""
        suspects = self.each(lambda at: self.ask(signins.LIST, query=_page(at)))
        watch: Watch = self.ask(signins.WATCH)
        return SignIns(watch.standing, tuple(suspects))

    def clear(self, about: str) -> None:
        """Hold no alert against a principal or a source any more, by its pseudonym; raises as `token`."""
        self.ask(signins.CLEAR, about=about)

    def devices(self) -> Devices:
        """Return the keys that ask and the devices that were admitted; raises as `token`."""
        asking = self.each(lambda at: self.ask(devices.ASKING, query=_page(at)))
        known = self.each(lambda at: self.ask(devices.LIST, query=_page(at)))
        return Devices(tuple(asking), tuple(known))

    def admit(self, key: str, name: str, holder: str, *, hardware: bool, reuse: bool = False) -> str:
        """Admit a key that asks, in every worker, and return the id of its device; raises as `token`.

        Args:
            key: fingerprint.
            name: of the device; empty for the one that it asks to have.
            holder: id of whose tokens may be bound to it; empty for everybody's.
            hardware: whether the owner vouches that the key cannot leave the machine.
            reuse: whether the name may be one of a device that was erased.
        """
        wanted = {"key": key, "name": name, "holder": holder, "hardware": hardware, "reuse": reuse}
        return self.ask(devices.ADMIT, body_of(Admission, wanted)).id

    def refuse(self, key: str) -> None:
        """Forget that a key asks, by its fingerprint; raises as `token`."""
        self.ask(devices.REFUSE, fingerprint=key)

    def schedules(self) -> tuple[Shown, ...]:
        """Return every schedule, those that are off included; raises as `token`."""
        return tuple(self.each(lambda at: self.ask(schedules.LIST, query=_page(at))))

    def run(self, schedule: str) -> Shown:
        """Start a schedule's run now, and return what is known of it then; raises as `token`."""
        return self.ask(schedules.RUN, schedule=schedule)

    def findings(self, asked: record.AskedOfFindings | None = None) -> Iterator[Recorded]:
        """Yield what was found, in the order of the record; raises as `token`."""
        wanted = asked or record.AskedOfFindings(limit=MOST_PAGE)
        return self.each(
            lambda at: self.ask(record.FINDINGS, query=msgspec.structs.replace(wanted, cursor=at))
        )

    def entries(self, asked: record.Asked | None = None) -> Iterator[Recorded]:
        """Yield entries of the record, in its order; raises as `token`."""
        wanted = asked or record.Asked(limit=MOST_PAGE)
        return self.each(
            lambda at: self.ask(record.ENTRIES, query=msgspec.structs.replace(wanted, cursor=at))
        )

    def report(self, events: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
        """Put events on record; return the first and the last sequence in the segment; raises as `token`."""
        found = self.ask(record.REPORT, body_of(Report, {"events": list(events)}))
        return found.first, found.last

    # ---- evidence ------------------------------------------------------------------------------------------
    def evidence(self) -> tuple[EvidenceKept, ...]:
        """Return what is kept of what the guard found, unopened, the oldest first; raises as `token`."""
        return tuple(self.each(lambda at: self.ask(evidence.LIST, query=_page(at))))

    def open_evidence(self, wanted: str, purpose: Purpose) -> EvidenceOpened:
        """Return a piece of evidence, opened, by its id; that and the purpose are on record; raises as `token`."""
        return self.ask(evidence.OPEN, Opening(purpose), evidence=wanted)

    def erase_evidence(self, wanted: str) -> EvidenceKept:
        """Delete a piece of evidence, by its id, and return what it was; raises as `token`."""
        return self.ask(evidence.ERASE, evidence=wanted)

    def held(self) -> tuple[HeldRequest, ...]:
        """Return the requests that are held, or were answered and are not over; raises as `token`."""
        return tuple(self.each(lambda at: self.ask(held.LIST, query=_page(at))))

    def decide_held(self, request: str, purpose: Purpose, *, release: bool) -> HeldRequest:
        """Let a held request go on once, or never; return it; that and the purpose are on record; raises as `token`."""
        return self.ask(held.DECIDE, Decision(release, purpose), request=request)

    # ---- the platform --------------------------------------------------------------------------------------
    def services(self) -> tuple[str, ...]:
        """Return the names of every service, the platform's own among them; raises as `token`."""
        return tuple(each.name for each in self.each(lambda at: self.ask(platform.SERVICES, query=_page(at))))

    def metrics(self) -> str:
        """Return the platform's numbers in Prometheus' text format; raises as `token`."""
        return self.ask(platform.METRICS)

    def sample_sha256(self) -> str:
        """Return the digest of the secret in the sample's system prompt, hexadecimal; raises as `token`."""
        return self.ask(platform.SAMPLE).sha256


def _page(cursor: str | None) -> Paged:
    return Paged(cursor, MOST_PAGE)
