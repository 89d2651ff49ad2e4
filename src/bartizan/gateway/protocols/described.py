"""A service that a description describes (`gateway/openapi/`): its routes are its operations, so there are none here."""

from typing import Final

from bartizan.gateway.protocols.dialect import Dialect, Errors

DESCRIBED: Final = Dialect((), prefix="", errors=Errors.PROBLEM)
"""Credentials stand in `Authorization`; refusals are problem documents."""
