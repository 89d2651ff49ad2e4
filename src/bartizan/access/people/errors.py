"""What people's sign-in refuses; each says what is wrong and what to do, and nothing that a stranger could use."""

import enum

from bartizan.access.errors import AccessRefused


class Fault(enum.Enum):
    """Why somebody was not signed in, or may not do what they asked for: words of the record."""

    CREDENTIAL_MALFORMED = "credential-malformed"
    CHALLENGE_UNKNOWN = "challenge-unknown"
    CHALLENGE_EXPIRED = "challenge-expired"
    CHALLENGE_REPLAYED = "challenge-replayed"
    ORIGIN_WRONG = "origin-wrong"
    ASSERTION_WRONG = "assertion-wrong"
    COUNTER_REGRESSED = "counter-regressed"
    PASSKEY_UNKNOWN = "passkey-unknown"
    PASSKEY_KNOWN = "passkey-known"
    PASSKEY_LAST = "passkey-last"
    PASSKEYS_TOO_MANY = "passkeys-too-many"
    LINK_UNUSABLE = "link-unusable"
    CODE_UNUSABLE = "code-unusable"
    SESSION_ENDED = "session-ended"
    SESSION_UNKNOWN = "session-unknown"
    VERIFICATION_OLD = "verification-old"
    PASSKEY_SYNCED = "passkey-synced"
    FORM_FOREIGN = "form-foreign"
    NOT_PERMITTED = "not-permitted"
    PRINCIPAL_UNKNOWN = "principal-unknown"
    APPROVAL_UNKNOWN = "approval-unknown"
    APPROVAL_OWN = "approval-own"
    APPROVAL_ROLE = "approval-role"
    APPROVAL_OVER = "approval-over"
    APPROVAL_LAPSED = "approval-lapsed"
    CONSENT_UNKNOWN = "consent-unknown"
    DEVICE_CODE_UNKNOWN = "device-code-unknown"
    DEVICE_CODES_TOO_MANY = "device-codes-too-many"
    DEVICE_REQUEST_OVER = "device-request-over"


SENTENCES = {
    Fault.CREDENTIAL_MALFORMED: "The passkey's answer cannot be read. Try again.",
    Fault.CHALLENGE_UNKNOWN: "This page is not the one that the passkey was asked from. Try again from here.",
    Fault.CHALLENGE_EXPIRED: "The page was open for too long. Try again.",
    Fault.CHALLENGE_REPLAYED: "This answer was used already. Try again.",
    Fault.ORIGIN_WRONG: "The passkey was asked from another site. Sign in from this page only.",
    Fault.ASSERTION_WRONG: "The passkey was not accepted. Use another one, or a recovery code.",
    Fault.COUNTER_REGRESSED: "This passkey seems to have been copied and is not accepted. Use another one, and remove it.",
    Fault.PASSKEY_UNKNOWN: "This passkey is not known here. Use another one, or a recovery code.",
    Fault.PASSKEY_KNOWN: "This passkey is known already. Sign in with it, or add another one.",
    Fault.PASSKEY_LAST: "This is your only passkey. Add another one before you remove it.",
    Fault.PASSKEYS_TOO_MANY: "You have as many passkeys as one person may have. Remove one first.",
    Fault.LINK_UNUSABLE: "This link was used, or is older than a minute. Ask for a new one with `bartizan console`.",
    Fault.CODE_UNUSABLE: "This recovery code is not known or was used already. Try another one.",
    Fault.SESSION_ENDED: "You are signed out. Sign in again.",
    Fault.SESSION_UNKNOWN: "There is no such session of yours. It may have ended.",
    Fault.VERIFICATION_OLD: "This needs your passkey once more.",
    Fault.PASSKEY_SYNCED: "This needs a passkey that stays on one device. Use such a one now, or have the owner give you a link, and add one.",
    Fault.FORM_FOREIGN: "The form was not sent from this site's own page. Open the page and try again.",
    Fault.NOT_PERMITTED: "No policy permits you to do this. Ask an owner for a role that may.",
    Fault.PRINCIPAL_UNKNOWN: "Nobody of this name is registered. They may have been erased.",
    Fault.APPROVAL_UNKNOWN: "There is no such request.",
    Fault.APPROVAL_OWN: "Nobody approves a request of their own. Ask somebody else.",
    Fault.APPROVAL_ROLE: "You do not have the role that this request needs.",
    Fault.APPROVAL_OVER: "This request was answered already or is too old. It has to be made again.",
    Fault.APPROVAL_LAPSED: "Who approved this may not any more. Ask somebody else.",
    Fault.CONSENT_UNKNOWN: "No such application acts for you. You may have withdrawn it already.",
    Fault.DEVICE_CODE_UNKNOWN: "No device waits with this code. Look at the device again: a code is good for ten minutes.",
    Fault.DEVICE_CODES_TOO_MANY: "Too many codes were wrong. Wait a minute before you type the next one.",
    Fault.DEVICE_REQUEST_OVER: "This was answered already, or too long ago. Begin again at the device.",
}
"""What a person is told."""


class SignInRefused(AccessRefused):
    """Somebody is not signed in, or may not do this; `fault` is the word."""

    def __init__(self, fault: Fault) -> None:
        """Say what is wrong and what to do."""
        super().__init__(SENTENCES[fault])
        self.fault, self.reason = fault, fault.value
