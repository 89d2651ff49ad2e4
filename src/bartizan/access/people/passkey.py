"""Passkeys: what a browser is asked for, and whether its answer is to be believed.

Rules of this file: nobody is believed who was not verified by their authenticator (flag UV). An attestation is neither
asked for nor read: no maker is trusted, and its parsers are no stranger's to feed. Whether a key may be on several
devices (flag BE) never changes; whether it is (BS) may.
Source: Web Authentication level 3, sections 7.1 and 7.2.
"""

import json
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_cbor, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.crypto.secret import Reticent

MOST_OCTETS: Final = 12_288
"""Of an answer."""
_UNREADABLE: Final = (
    WebAuthnException, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError,
)  # fmt: skip
"""What the library raises on what a stranger made up."""
_COUNT: Final = slice(33, 37)
_TIMEOUT_MS: Final = 120_000


class Site(msgspec.Struct, frozen=True):
    """Where people sign in.

    Attributes:
        origin: scheme, host and port, as browsers say it.
    """

    origin: str

    @property
    def id(self) -> str:
        """Return the host, which passkeys belong to."""
        return urlsplit(self.origin).hostname or ""


class Enrolled(msgspec.Struct, frozen=True):
    """A new passkey, verified: as in `tables.PASSKEY`."""

    credential: bytes
    public_key: bytes
    count: int
    synced: bool
    backed_up: bool


class Asserted(msgspec.Struct, frozen=True):
    """A passkey that was used, verified."""

    count: int
    backed_up: bool


class Answer(Reticent, frozen=True):
    """What a browser sent, with what of it is looked at before anything is verified.

    Attributes:
        credential: id of the passkey.
        challenge: that it says to have signed.
        user: the handle of whom it says to be of; empty where it says none.
        sent: all of it.
    """

    credential: bytes
    challenge: bytes
    user: bytes
    sent: dict[str, Any]


def to_enrol(site: Site, challenge: bytes, handle: bytes, name: str, known: list[bytes]) -> str:
    """Return the options of `navigator.credentials.create`, JSON.

    Args:
        site: whose passkey it becomes.
        challenge: to be signed.
        handle: of the person, 32 octets that say nothing of them.
        name: that the authenticator shows.
        known: credential ids that they have already.
    """
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=site.id,
            rp_name="Bartizan",
            user_id=handle,
            user_name=name,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        )
    )


def to_assert(site: Site, challenge: bytes, known: list[bytes]) -> str:
    """Return the options of `navigator.credentials.get`, JSON; of no credential where anybody may answer."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site.id,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known] or None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def read_answer(sent: str) -> Answer:
    """Return an answer, unverified.

    Raises:
        SignInRefused: it is not of the form of one.
    """
    if len(sent) > MOST_OCTETS:
        raise SignInRefused(Fault.CREDENTIAL_MALFORMED)
    try:
        known = json.loads(sent)
        response = known["response"]
        challenge = parse_client_data_json(base64url_to_bytes(response["clientDataJSON"])).challenge
        user = response.get("userHandle") or ""
        return Answer(base64url_to_bytes(known["rawId"]), challenge, base64url_to_bytes(user), known)
    except _UNREADABLE as fault:
        raise SignInRefused(Fault.CREDENTIAL_MALFORMED) from fault


def enrolled(site: Site, answer: Answer) -> Enrolled:
    """Return the passkey of an answer to `to_enrol` whose challenge was found to be ours.

    Raises:
        SignInRefused: it is not to be believed.
    """
    _require_here(site, answer)
    try:
        attestation = parse_cbor(base64url_to_bytes(answer.sent["response"]["attestationObject"]))
        if attestation["fmt"] != "none" or attestation["attStmt"] != {}:
            raise SignInRefused(Fault.CREDENTIAL_MALFORMED)
        found = webauthn.verify_registration_response(
            credential=answer.sent,
            expected_challenge=answer.challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _UNREADABLE as fault:
        raise SignInRefused(Fault.ASSERTION_WRONG) from fault
    return Enrolled(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        found.credential_backed_up,
    )


def asserted(site: Site, answer: Answer, public_key: bytes, count: int, *, synced: bool) -> Asserted:
    """Return what an answer to `to_assert` shows, whose challenge was found to be ours.

    Args:
        site: where it is used.
        answer: of the browser.
        public_key, count, synced: of the passkey, as kept.
    Raises:
        SignInRefused: it is not to be believed.
    """
    _require_here(site, answer)
    try:
        # The count is judged last, and apart: only of a true signature does it say that a key was copied.
        found = webauthn.verify_authentication_response(
            credential=answer.sent,
            expected_challenge=answer.challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=_before(answer),
            require_user_verification=True,
        )
    except _UNREADABLE as fault:
        raise SignInRefused(Fault.ASSERTION_WRONG) from fault
    if (found.new_sign_count or count) and found.new_sign_count <= count:
        raise SignInRefused(Fault.COUNTER_REGRESSED)
    if (found.credential_device_type is CredentialDeviceType.MULTI_DEVICE) is not synced:
        raise SignInRefused(Fault.ASSERTION_WRONG)
    return Asserted(found.new_sign_count, found.credential_backed_up)


def _before(answer: Answer) -> int:
    """Return a count that the library takes for older than what the answer says."""
    said = base64url_to_bytes(answer.sent["response"]["authenticatorData"])[_COUNT]
    return max(0, int.from_bytes(said, "big") - 1)


def _require_here(site: Site, answer: Answer) -> None:
    """Refuse what was asked for on another page than ours, or in a frame of another's."""
    try:
        said = json.loads(base64url_to_bytes(answer.sent["response"]["clientDataJSON"]))
        here = said["origin"] == site.origin and not said.get("crossOrigin") and "topOrigin" not in said
    except _UNREADABLE as fault:
        raise SignInRefused(Fault.CREDENTIAL_MALFORMED) from fault
    if not here:
        raise SignInRefused(Fault.ORIGIN_WRONG)
