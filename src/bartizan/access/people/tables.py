"""What is kept of people who sign in: passkeys, sessions, links, recovery codes, approvals.

Rules of this file: all of a person's rows go with the person (ON DELETE CASCADE), so that erasing one leaves nothing.
Whatever signs somebody in is kept as a digest.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, LargeBinary, Table, Text

from bartizan.access.tables import METADATA


def _person(name: str = "principal") -> Column[str]:
    return Column(name, Text, ForeignKey("principal.id", ondelete="CASCADE"), nullable=False, index=True)


PASSKEY: Final = Table(
    "passkey",
    METADATA,
    Column("id", Text, primary_key=True, comment="16 hexadecimal digits, random"),
    _person(),
    Column("credential", LargeBinary, nullable=False, unique=True, comment="credential id"),
    Column("public_key", LargeBinary, nullable=False, comment="COSE"),
    Column("count", BigInteger, nullable=False, comment="of signatures, as last shown"),
    Column("synced", Boolean, nullable=False, comment="may be on several devices (flag BE)"),
    Column("backed_up", Boolean, nullable=False, comment="is (flag BS), as last shown"),
    Column("worth", Text, nullable=False, comment="device-bound or synced: what it counts as"),
    Column("label", Text, nullable=False),
    Column("created", BigInteger, nullable=False, comment="UTC nanoseconds"),
    Column("used", BigInteger, nullable=False, comment="UTC nanoseconds"),
)
SESSION: Final = Table(
    "session",
    METADATA,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of the cookie"),
    Column(
        "id",
        Text,
        nullable=False,
        unique=True,
        comment="16 hexadecimal digits, random; says nothing of the cookie",
    ),
    _person(),
    Column("by", Text, nullable=False, comment="what began it: passkey, link, recovery-code"),
    Column("key", Text, nullable=False, comment="what verified it last: device-bound, synced, none"),
    Column("worth", Text, nullable=False, comment="device-bound or synced: of what began it"),
    Column("begun", BigInteger, nullable=False, comment="UTC nanoseconds"),
    Column("seen", BigInteger, nullable=False, comment="UTC nanoseconds"),
    Column(
        "verified",
        BigInteger,
        nullable=False,
        comment="UTC nanoseconds of the last verification by passkey; 0 for none",
    ),
)
LINK: Final = Table(
    "sign_in_link",
    METADATA,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of a 256-bit random token"),
    _person(),
    Column("expires", BigInteger, nullable=False, comment="UTC nanoseconds"),
)
RECOVERY: Final = Table(
    "recovery_code",
    METADATA,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of 100 random bits"),
    _person(),
    Column(
        "worth", Text, nullable=False, comment="device-bound or synced: of the session that it was given in"
    ),
)
APPROVAL: Final = Table(
    "approval",
    METADATA,
    Column("id", Text, primary_key=True, comment="16 hexadecimal digits, random"),
    _person("asker"),
    Column("act", Text, nullable=False, comment="a word from code, such as erase-principal"),
    Column("subject", Text, nullable=False, comment="pseudonym or configured name"),
    Column("role", Text, nullable=False, comment="that who approves must have"),
    Column("expires", BigInteger, nullable=False, comment="UTC nanoseconds"),
    Column("state", Text, nullable=False, comment="open, approved, denied, used"),
)
APPROVER: Final = Table(
    "approver",
    METADATA,
    Column("approval", Text, ForeignKey("approval.id", ondelete="CASCADE"), primary_key=True),
    _person(),
)
HELD: Final = Table(
    "held_request",
    METADATA,
    Column("approval", Text, ForeignKey("approval.id", ondelete="CASCADE"), primary_key=True),
    Column("service", Text, nullable=False),
    Column("digest", Text, nullable=False, index=True, comment="HMAC under the content key of who asked"),
    Column("reason", Text, nullable=False, comment="word of the detector"),
    Column("at", BigInteger, nullable=False, comment="UTC nanoseconds"),
)
