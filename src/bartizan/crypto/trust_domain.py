"""Under which name this installation's workloads are known: apart, so that it costs no cryptography to say it."""

from typing import Final

TRUST_DOMAIN: Final = "bartizan.local"
"""Host of the URIs (`spiffe://bartizan.local/...`) that a client authority may certify, where no other is configured."""
