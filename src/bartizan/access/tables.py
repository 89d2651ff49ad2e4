"""What access keeps: principals, clients, pseudonyms, prefixes, revoked tokens, the issuer's keys, policies, devices.

Rules of this file: everything that links a pseudonym to a person or a machine is here and nowhere else, so
that deleting these rows makes the ledger's pseudonyms point to nobody.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

METADATA: Final = MetaData()

PRINCIPAL: Final = Table(
    "principal",
    METADATA,
    Column("id", Text, primary_key=True, comment="kind.name"),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", Text, nullable=False, comment="names, separated by one space"),
    Column("client", Text, nullable=False, unique=True, comment="client_id; random, never given twice"),
    Column("pseudonym", Text, nullable=False, unique=True),
    Column("content_key", LargeBinary, nullable=False, comment="32 octets; tags of content die with it"),
    Column("created", BigInteger, nullable=False, comment="UTC nanoseconds"),
    Column("revoked", Boolean, nullable=False),
)
CLIENT: Final = Table(
    "client",
    METADATA,
    Column("id", Text, ForeignKey("principal.client", ondelete="CASCADE"), primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, comment="SHA-256 of a 256-bit random secret"),
)
CLIENT_KEY: Final = Table(
    "client_key",
    METADATA,
    Column("client", Text, ForeignKey("principal.client", ondelete="CASCADE"), primary_key=True),
    Column("kid", Text, primary_key=True),
    Column("jwk", Text, nullable=False, comment="public JWK with kid and alg, JSON"),
)
ASSERTION: Final = Table(
    "client_assertion",
    METADATA,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 over client and jti"),
    Column("client", Text, ForeignKey("principal.client", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", BigInteger, nullable=False, comment="UTC nanoseconds; the row goes then"),
)
APPLICATION: Final = Table(
    "application",
    METADATA,
    Column("client", Text, ForeignKey("principal.client", ondelete="CASCADE"), primary_key=True),
    Column("public", Boolean, nullable=False, comment="whether it can keep no secret"),
)
REDIRECT: Final = Table(
    "redirect",
    METADATA,
    Column("client", Text, ForeignKey("application.client", ondelete="CASCADE"), primary_key=True),
    Column("uri", Text, primary_key=True),
)
DEVICE_FLOW: Final = Table(
    "device_flow",
    METADATA,
    Column("client", Text, ForeignKey("application.client", ondelete="CASCADE"), primary_key=True),
)
REGISTRATION: Final = Table(
    "registration",
    METADATA,
    Column("client", Text, ForeignKey("principal.client", ondelete="CASCADE"), primary_key=True),
    Column(
        "registrant",
        Text,
        nullable=False,
        index=True,
        comment="its client_id; empty for whoever is anonymous",
    ),
    Column("source", Text, nullable=False, comment="pseudonym of the network that it came from, or empty"),
    Column(
        "token",
        LargeBinary,
        nullable=False,
        comment="SHA-256 of the registration access token that is good next",
    ),
    Column("method", Text, nullable=False, comment="token_endpoint_auth_method"),
    Column("grants", Text, nullable=False, comment="grant types, separated by one space"),
    Column("service", Text, nullable=False, comment="the one that its tokens are for; empty for all"),
    Column("bound", Boolean, nullable=False, comment="whether its tokens are always bound to a key"),
    Column("made", BigInteger, nullable=False, comment="UTC nanoseconds"),
    Column("expires", BigInteger, nullable=False, comment="UTC nanoseconds; good for nothing from then on"),
)
CONSENT: Final = Table(
    "consent",
    METADATA,
    Column("person", Text, ForeignKey("principal.client", ondelete="CASCADE"), primary_key=True),
    Column("client", Text, ForeignKey("application.client", ondelete="CASCADE"), primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, comment="UTC nanoseconds"),
)
CODE: Final = Table(
    "authorization_code",
    METADATA,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of 256 random bits"),
    Column("request", Text, nullable=False, unique=True, comment="of the pushed request: answered once"),
    Column("client", Text, ForeignKey("application.client", ondelete="CASCADE"), nullable=False),
    Column("person", Text, ForeignKey("principal.client", ondelete="CASCADE"), nullable=False, index=True),
    Column("audience", Text, nullable=False),
    Column("key", Text, nullable=False, comment="thumbprint, or empty"),
    Column("redirect", Text, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("acr", Text, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False, comment="UTC nanoseconds; the row goes then"),
    Column("used", Boolean, nullable=False),
)
FAMILY: Final = Table(
    "token_family",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("code", LargeBinary, nullable=False, unique=True, comment="digest of the code that it came of"),
    Column("client", Text, ForeignKey("application.client", ondelete="CASCADE"), nullable=False),
    Column("person", Text, ForeignKey("principal.client", ondelete="CASCADE"), nullable=False, index=True),
    Column("audience", Text, nullable=False),
    Column("key", Text, nullable=False, comment="thumbprint, or empty"),
    Column("since", BigInteger, nullable=False),
    Column("acr", Text, nullable=False),
    Column("number", Integer, nullable=False, comment="of the refresh token that is current"),
    Column("used", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
)
DEVICE_FAMILY: Final = Table(
    "device_family",
    METADATA,
    Column(
        "family",
        Text,
        ForeignKey("token_family.id", ondelete="CASCADE"),
        primary_key=True,
        comment="one that a device without a browser has",
    ),
)
ISSUER_KEY: Final = Table(
    "issuer_key",
    METADATA,
    Column("kid", Text, primary_key=True),
    Column("jwk", Text, nullable=False, comment="public JWK, JSON"),
    Column("signs", Boolean, nullable=False, comment="whether it is yet to sign; else it no longer does"),
    Column(
        "at", BigInteger, nullable=False, comment="UTC nanoseconds: signs from then, or is forgotten then"
    ),
)
ADDRESS: Final = Table(
    "address",
    METADATA,
    Column("number", Integer, primary_key=True, comment="grows; the oldest go first"),
    Column("pseudonym", Text, nullable=False, unique=True),
    Column("prefix", Text, nullable=False, index=True, comment="/24 or /56"),
)
REVOKED_TOKEN: Final = Table(
    "revoked_token",
    METADATA,
    Column("id", Text, primary_key=True, comment="jti"),
    Column("expires", BigInteger, nullable=False, comment="UTC nanoseconds; the row goes then"),
)
POLICY_VERSION: Final = Table(
    "policy_version",
    METADATA,
    Column("number", Integer, primary_key=True, comment="from 1; the greatest is in force"),
    Column(
        "files", Text, nullable=False, comment="JSON: name of a file -> Cedar; {} is the built-in policies"
    ),
    Column("digest", Text, nullable=False, comment="SHA-256 of files, hexadecimal"),
    Column(
        "configured", Text, nullable=False, comment="digest of the files that the configuration led to then"
    ),
    Column("boot", Text, nullable=False, comment="start of the platform at which those were looked at last"),
    Column("source", Text, nullable=False, comment="start, applied or rolled-back"),
    Column("repeats", Integer, nullable=False, comment="the version that it is again; 0 where it is new"),
    Column("at", BigInteger, nullable=False, comment="UTC nanoseconds"),
)
LINK: Final = Table(
    "link",
    METADATA,
    Column("issuer", Text, primary_key=True, comment="iss"),
    Column("subject", Text, primary_key=True, comment="sub"),
    Column("principal", Text, ForeignKey("principal.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("roles", Text, nullable=False, comment="that claims gave, separated by one space"),
    Column(
        "of", BigInteger, nullable=False, comment="iat of the token that gave them; 0 where given by hand"
    ),
)
ENDED: Final = Table(
    "ended",
    METADATA,
    Column("key", Text, primary_key=True, comment="SHA-256 of kind, issuer and name"),
    Column("at", BigInteger, nullable=False, comment="UTC nanoseconds; tokens issued until then are refused"),
    Column("since", BigInteger, nullable=False, comment="when the issuer said so, UTC nanoseconds"),
    Column("until", BigInteger, nullable=False, comment="UTC nanoseconds; the row goes then"),
)
HEARD: Final = Table(
    "heard",
    METADATA,
    Column("key", Text, primary_key=True, comment="SHA-256 of issuer and jti"),
    Column("until", BigInteger, nullable=False, comment="UTC nanoseconds; the row goes then"),
)
ISSUER_KEYS: Final = Table(
    "issuer_keys",
    METADATA,
    Column("issuer", Text, primary_key=True, comment="iss"),
    Column("keys", Text, nullable=False, comment="public JWKs as they were last published"),
)
DEVICE: Final = Table(
    "device",
    METADATA,
    Column("id", Text, ForeignKey("principal.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="thumbprint, RFC 7638"),
    Column("public", Text, nullable=False, comment="JWK"),
    Column(
        "holder",
        Text,
        ForeignKey("principal.id", ondelete="CASCADE"),
        index=True,
        comment="whose tokens may be bound to it; null is everybody's",
    ),
    Column("hardware", Boolean, nullable=False, comment="whether it is vouched that the key cannot leave"),
    Column("at", BigInteger, nullable=False, comment="UTC nanoseconds"),
)
ENROLMENT: Final = Table(
    "enrolment",
    METADATA,
    Column("key", Text, primary_key=True, comment="thumbprint, RFC 7638"),
    Column("public", Text, nullable=False, comment="JWK"),
    Column("name", Text, nullable=False, comment="that it asks to have"),
    Column("source", Text, nullable=False, comment="pseudonym of the network that it came from, or empty"),
    Column("at", BigInteger, nullable=False, comment="UTC nanoseconds; the row goes a day later"),
)
POSTURE: Final = Table(
    "posture",
    METADATA,
    Column("device", Text, ForeignKey("device.id", ondelete="CASCADE"), primary_key=True),
    Column("signer", Text, primary_key=True, comment="name of an authority, or device"),
    Column("at", BigInteger, nullable=False, comment="iat, UTC nanoseconds"),
    Column("holds", Text, nullable=False, comment="what is so, separated by one space"),
)
ERASED_NAME: Final = Table(
    "erased_name",
    METADATA,
    Column("mac", LargeBinary, primary_key=True, comment="HMAC-SHA-256 of an id, by keys/names.key"),
)
TRUST_BUNDLE: Final = Table(
    "trust_bundle",
    METADATA,
    Column("trust_domain", Text, primary_key=True),
    Column("source", Text, nullable=False, comment="digest of where it comes from"),
    Column("confirmed", BigInteger, nullable=False, comment="when it last held, UTC nanoseconds"),
    Column("document", Text, nullable=False, comment="in SPIFFE's format"),
)
