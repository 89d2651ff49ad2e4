"""in-toto statements: what is said (the predicate) of which artifacts (the subject, by digest).

Rules of this file: a statement has one form in octets, as a manifest has. What a predicate holds is its type's to say.

Source: in-toto attestation framework, spec v1.1, statement.md.
"""

import re
from typing import Final

import msgspec

from bartizan.artifact.errors import Malformed
from bartizan.printable import printable
from bartizan.typed_json import decoded, known

TYPE: Final = "https://in-toto.io/Statement/v1"
_MOST_SUBJECTS: Final = 10_000
_DIGEST: Final = re.compile(r"[0-9a-f]{32,128}")


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An artifact: what it is called, which proves nothing, and its digests, by algorithm, in hexadecimal."""

    name: str
    digest: dict[str, str]


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of artifacts.

    Attributes:
        predicate: JSON in its one form: `msgspec.json.encode(…, order="sorted")` of an object.
        predicate_type: URI of what the predicate says.
        subject: of what.
    """

    predicate: msgspec.Raw
    predicate_type: str = msgspec.field(name="predicateType")
    subject: tuple[Subject, ...]
    type: str = msgspec.field(name="_type", default=TYPE)


known(Statement)


def encoded(statement: Statement) -> bytes:
    """Return the one form of a statement in octets."""
    return msgspec.json.encode(statement, order="sorted")


def parsed(octets: bytes, predicate_type: str) -> Statement:
    """Return the statement that octets are.

    Args:
        octets: the payload of an envelope whose signatures were verified.
        predicate_type: that is expected.
    Raises:
        Malformed: they are none, not in its one form, or say something else.
    """
    try:
        found = decoded(octets, Statement)
    except (ValueError, RecursionError):
        raise Malformed("the payload is not an in-toto statement") from None
    if encoded(found) != octets:
        raise Malformed("the statement is not in its one form: members repeated, unsorted, or spaced")
    if found.type != TYPE:
        raise Malformed("the payload is not an in-toto statement of version 1")
    if found.predicate_type != predicate_type:
        said = printable(found.predicate_type)[:120]
        raise Malformed(f"the statement says something else ({said}); {predicate_type} is expected")
    digests = [digest for one in found.subject for digest in one.digest.values()]
    if (
        not 0 < len(found.subject) <= _MOST_SUBJECTS
        or not digests
        or not all(map(_DIGEST.fullmatch, digests))
    ):
        raise Malformed("the statement has no subject with digests")
    return found
