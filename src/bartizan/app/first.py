"""Who is there from the first start on.

Rules of this file: names alone; commands import it.
"""

from collections.abc import Mapping
from typing import Final

from bartizan.identity.principal import Kind

OWNER: Final = "user.owner"
"""Who owns this installation: whoever may open the owner's socket."""
FIRST: Final[Mapping[str, tuple[Kind, tuple[str, ...]]]] = {
    "owner": (Kind.USER, ("caller", "owner")),
    "drill": (Kind.WORKLOAD, ("caller", "drill")),
    "drill-bare": (Kind.WORKLOAD, ()),
    "drill-flood": (Kind.WORKLOAD, ("caller", "drill")),
}
"""Principals that every installation has: name -> kind and roles. The owner may mint for these."""
