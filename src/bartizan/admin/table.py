"""The one table of routes of the Admin API."""

from collections.abc import Mapping
from typing import Final

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
from bartizan.admin.route import AnyRoute

ROUTES: Final[tuple[AnyRoute, ...]] = (
    *platform.ROUTES,
    *principals.ROUTES,
    *consents.ROUTES,
    *tokens.ROUTES,
    *issuer.ROUTES,
    *links.ROUTES,
    *devices.ROUTES,
    *policies.ROUTES,
    *signins.ROUTES,
    *schedules.ROUTES,
    *evidence.ROUTES,
    *held.ROUTES,
    *record.ROUTES,
)
"""Every route."""
BY_NAME: Final[Mapping[str, AnyRoute]] = {each.name: each for each in ROUTES}
"""Name -> route."""
