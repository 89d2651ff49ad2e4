"""Workloads that are known by what they are: which process may have which identity.

Rules of this file: pure. Every selector that is given must hold, and each is the kernel's word about the process.
Source: SPIFFE ID and X.509-SVID specifications; the Workload API's of attestation out of band.
"""

import re
from functools import lru_cache
from typing import Annotated, Final

import msgspec

from bartizan.crypto.trust_domain import TRUST_DOMAIN
from bartizan.identity.principal import NAME

PATH: Final = "/workload/"

Name = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"\A{NAME.pattern}\Z",
        description="a name: a lower-case letter, then at most 39 letters, digits or hyphens",
    ),
]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 2)]
Digest = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[0-9a-f]{64}\Z", description="64 lower-case hexadecimal digits, as sha256sum prints"
    ),
]
Rooted = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A/[^\x00-\x1f]{0,1022}\Z",
        description="a path that begins with /, of at most 1023 characters",
    ),
]


class Workload(msgspec.Struct, frozen=True):
    """One workload, and how its process is told from others; what is None does not count.

    Attributes:
        name: of the principal `workload.NAME`, and of the SPIFFE ID `spiffe://TRUST-DOMAIN/workload/NAME`.
        uid: number of the user that it runs as.
        gid: of its group.
        cgroup: path in the cgroups of version 2, in which `*` stands for any one part or piece of one.
        path: of the file that it runs, in the platform's own view of the files.
        sha256: of that file.
    """

    name: Name
    uid: Number
    gid: Number | None = None
    cgroup: Rooted | None = None
    path: Rooted | None = None
    sha256: Digest | None = None


def spiffe_id(name: str, trust_domain: str = TRUST_DOMAIN) -> str:
    """Return the SPIFFE ID of one of our own workloads by its name."""
    return f"spiffe://{trust_domain}{PATH}{name}"


def may_be(workload: Workload, uid: int, gid: int) -> bool:
    """Return whether a process of this user and group could be a workload, going by these alone."""
    return workload.uid == uid and workload.gid in (None, gid)


def in_cgroup(workload: Workload, path: str) -> bool:
    """Return whether a process of this cgroup could be a workload, going by that alone."""
    return workload.cgroup is None or _pattern(workload.cgroup).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _pattern(written: str) -> re.Pattern[str]:
    return re.compile("[^/]*".join(map(re.escape, written.split("*"))))
