"""Forms that several resources of the Admin API share: names, pages, problems."""

from typing import Annotated, Final, Generic, TypeVar

import msgspec

MOST_PAGE: Final = 500
"""Items of one page, at most."""
PAGE: Final = 100
"""Items of one page where nobody says how many."""
_Item = TypeVar("_Item")

Name = Annotated[
    str, msgspec.Meta(max_length=64, extra_json_schema={"pattern": "^[a-z][a-z0-9-]{0,39}$", "maxLength": 40})
]
"""Of a principal within its kind, and of a role; the register refuses another form in a sentence of its own."""
Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9._-]{0,62}\Z")]
"""A name as the record has them."""
Pseudonym = Annotated[str, msgspec.Meta(pattern=r"\Ap-[0-9a-f]{16}\Z")]
Whom = Annotated[str, msgspec.Meta(pattern=r"\A[ap]-[0-9a-f]{16}\Z")]
"""A principal or a network, by its pseudonym."""
TokenId = Annotated[str, msgspec.Meta(pattern=r"\At-[0-9a-f]{16}\Z")]
PrincipalId = Annotated[str, msgspec.Meta(pattern=r"\A(user|device|workload)\.[a-z][a-z0-9-]{0,39}\Z")]
Thumbprint = Annotated[str, msgspec.Meta(pattern=r"\A([A-Za-z0-9_-]{43})?\Z")]
"""SHA-256 of a key (RFC 7638), base64url, or empty."""
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Instant = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""UTC nanoseconds since the epoch; 0 is never."""
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Cursor = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{1,256}\Z")]
"""Where the next page begins; nobody but who made it reads anything out of it."""
Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGE)]


class Paged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query for a page: where it begins, as the page before said (`next`), and how many items it has at most."""

    cursor: Cursor | None = None
    limit: Limit = PAGE


class Page(msgspec.Struct, Generic[_Item], frozen=True):
    """Some items in order; `next` is the cursor of the page that follows, empty after the last."""

    items: tuple[_Item, ...]
    next: str = ""


class InForce(msgspec.Struct, frozen=True):
    """A change that every worker decides on: from which generation of the state."""

    generation: Count


class Problem(msgspec.Struct, frozen=True):
    """What is wrong and what to do (RFC 9457); `reason` is a word of a closed set, and repeats nothing that was sent.

    What the gateway refuses before a call gets here has the word at the end of `type` alone: `urn:bartizan:refusal:WORD`.
    """

    type: str
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    reason: str = ""
