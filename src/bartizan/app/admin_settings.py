"""Who reaches the Admin API over the network: `[admin]`.

Rules of this file: nobody, unless it says so. The owner's own socket needs no word here.
"""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from bartizan.app.forms import Text
from bartizan.app.plan import Admin
from bartizan.app.step_up_settings import StepUp, stepping, strength
from bartizan.config_form import Fault

MOST_NETWORKS = 64


class AdminApi(msgspec.Struct, frozen=True):
    """The Admin API behind the gateway.

    Attributes:
        networks: addresses and networks that it may be called from; none, and it is not there.
        binding: whether tokens are taken that are bound to nothing: never, unless it says `optional`.
        step_up: how a person must have signed in who calls; None takes programs' tokens as well.
    """

    networks: Annotated[tuple[Text, ...], msgspec.Meta(max_length=MOST_NETWORKS)] = ()
    binding: Literal["required", "optional"] = "required"
    step_up: StepUp | None = None

    @property
    def planned(self) -> Admin:
        """Who reaches it besides the owner at their socket."""
        if not self.networks:
            return Admin()
        reach: Literal["bound", "any"] = "bound" if self.binding == "required" else "any"
        return Admin(reach, self.networks, strength(self.step_up))


def administering(admin: AdminApi, *, loopback: bool) -> Iterator[Fault]:
    """Yield what the section says that no type can refuse.

    Args:
        admin: the section.
        loopback: whether the gateway listens on loopback alone.
    """
    for position, text in enumerate(admin.networks):
        try:
            ipaddress.ip_network(text)
        except ValueError:
            yield Fault(
                ("admin", "networks", position),
                'must be an address or a network, such as "10.0.0.5" or "10.0.0.0/28"',
            )
    yield from stepping(("admin", "step_up"), admin.step_up)
    if admin.binding == "optional" and not loopback:
        yield Fault(("admin", "binding"), 'may be "optional" only where `listen` is a loopback address')


def weak_admin(admin: AdminApi) -> Iterator[str]:
    """Yield what it leaves weaker than it could be, in sentences."""
    if admin.planned.reach == "any":
        yield 'the Admin API: tokens need not be bound to a key; a copied one works for ten minutes; binding = "required" ends that'
    for text in admin.networks:
        if ipaddress.ip_network(text).prefixlen == 0:
            yield f"the Admin API may be called from anywhere ({text}); name the networks that your administrators are in"
