"""What people let applications do: seen and withdrawn, one's own, and by policy others'."""

from typing import Final

import msgspec

from bartizan.admin.forms import InForce, Instant, Page, Paged, PrincipalId
from bartizan.admin.route import AnyRoute, Nothing, Route


class Way(msgspec.Struct, frozen=True):
    """One way in which an application acts: `used` is when it last had a token, 0 where it has none that can be renewed.

    `service` is the one that it may use, empty for every one that the person may call; `control` that it may use the
    platform's own interface; `device` that it is one without a browser, let by the code that it showed.
    """

    service: str
    control: bool
    device: bool
    since: Instant
    used: Instant


class Consent(msgspec.Struct, frozen=True):
    """An application that may act for a person, and in which ways."""

    application: PrincipalId
    ways: tuple[Way, ...]


LIST_OWN: Final[Route[Nothing, Paged, Page[Consent]]] = Route(
    name="list-own-consents",
    method="GET",
    path="/consents",
    action="read-own-consents",
    summary="the applications that may act for whoever asks, in order of id; at the owner's socket for `user.owner`",
    answer=Page[Consent],
    query=Paged,
)
WITHDRAW_OWN: Final[Route[Nothing, Nothing, InForce]] = Route(
    name="withdraw-own-consent",
    method="DELETE",
    path="/consents/{application}",
    action="withdraw-own-consent",
    summary="lets an application act for whoever asks no longer: its tokens are refused in every worker when this is answered",
    answer=InForce,
    refusals=(404,),
)
LIST: Final[Route[Nothing, Paged, Page[Consent]]] = Route(
    name="list-consents",
    method="GET",
    path="/principals/{principal}/consents",
    action="read-consents",
    summary="the applications that may act for somebody, in order of id",
    answer=Page[Consent],
    query=Paged,
    refusals=(404,),
)
WITHDRAW: Final[Route[Nothing, Nothing, InForce]] = Route(
    name="withdraw-consent",
    method="DELETE",
    path="/principals/{principal}/consents/{application}",
    action="withdraw-consent",
    summary="lets an application act for somebody no longer: its tokens are refused in every worker when this is answered",
    answer=InForce,
    refusals=(404,),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (LIST_OWN, WITHDRAW_OWN, LIST, WITHDRAW)
