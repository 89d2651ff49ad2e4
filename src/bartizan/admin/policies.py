"""Policies: which are in force, which were, others, and an earlier version again."""

from typing import Annotated, Final

import msgspec

from bartizan.admin.forms import Count, Instant, Page, Paged, Pseudonym
from bartizan.admin.route import AnyRoute, Nothing, Route, Tag

MOST_FILES: Final = 64
"""Files of one set of policies."""
LONGEST: Final = 256 * 1024
"""Characters of one file."""
Text = Annotated[str, msgspec.Meta(max_length=LONGEST)]
FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Called = Annotated[str, msgspec.Meta(max_length=1024)]


class Policies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cedar text by name of its file; none at all brings the built-in policies back."""

    files: Annotated[dict[FileName, Text], msgspec.Meta(max_length=MOST_FILES)]
    configured: bool = False


class Earlier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version that is to be in force again."""

    version: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]


class Tagged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Principals by pseudonym, and names of tools that they may have called."""

    principals: Annotated[tuple[Pseudonym, ...], msgspec.Meta(max_length=20_000)]
    names: Annotated[tuple[Called, ...], msgspec.Meta(max_length=20_000)]


class Tags(msgspec.Struct, frozen=True):
    """Pseudonym -> tag -> name of a tool that the record may tell of."""

    tags: dict[str, dict[str, str]]


class PolicyListed(msgspec.Struct, frozen=True):
    """A version of the policies.

    Attributes:
        version: its number.
        digest: SHA-256 of its files with their names, hexadecimal.
        source: `start`, `applied` or `rolled-back`.
        repeats: the version that it is again; 0 where it is new.
        at: when it was put in force, UTC nanoseconds.
        configured: whether the configured files are the same, as far as they were read.
        names: of its files; none are the built-in policies.
    """

    version: Count
    digest: str
    source: str
    repeats: Count
    at: Instant
    configured: bool
    names: tuple[str, ...]


class PolicyVersion(PolicyListed, frozen=True):
    """A version of the policies with its text, Cedar by name of its file."""

    files: dict[str, str] = {}


class PolicyApplied(PolicyListed, frozen=True):
    """A version that was just put in force: from which generation of the state every worker decides on it."""

    generation: Count = 0


READ: Final[Route[Nothing, Nothing, PolicyVersion]] = Route(
    name="read-policies",
    method="GET",
    path="/policies",
    action="read-policies",
    summary="the policies in force, with their text",
    answer=PolicyVersion,
    tag=Tag.SHOWN,
)
APPLY: Final[Route[Policies, Nothing, PolicyApplied]] = Route(
    name="apply-policies",
    method="PUT",
    path="/policies",
    action="apply-policies",
    summary="puts policies in force in every worker; what cannot be decided with is refused, with file and line",
    answer=PolicyApplied,
    body=Policies,
    tag=Tag.NEEDED,
    shows="read-policies",
)
ROLL_BACK: Final[Route[Earlier, Nothing, PolicyApplied]] = Route(
    name="roll-back-policies",
    method="PUT",
    path="/policies/version",
    action="apply-policies",
    summary="puts an earlier version in force again, as a new one",
    answer=PolicyApplied,
    body=Earlier,
    tag=Tag.NEEDED,
    shows="read-policies",
    refusals=(404,),
)
LIST: Final[Route[Nothing, Paged, Page[PolicyListed]]] = Route(
    name="list-policy-versions",
    method="GET",
    path="/policies/versions",
    action="read-policies",
    summary="the versions that are kept, the newest first",
    answer=Page[PolicyListed],
    query=Paged,
)
VERSION: Final[Route[Nothing, Nothing, PolicyVersion]] = Route(
    name="read-policy-version",
    method="GET",
    path="/policies/versions/{version}",
    action="read-policies",
    summary="one version, with its text",
    answer=PolicyVersion,
    tag=Tag.SHOWN,
    refusals=(404,),
)
TAGS: Final[Route[Tagged, Nothing, Tags]] = Route(
    name="tag-tools",
    method="POST",
    path="/policies/tags",
    action="read-policies",
    summary="how the record calls tools that principals may have called; changes nothing",
    answer=Tags,
    body=Tagged,
)
ROUTES: Final[tuple[AnyRoute, ...]] = (READ, APPLY, ROLL_BACK, LIST, VERSION, TAGS)
