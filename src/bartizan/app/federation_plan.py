"""Where another trust domain's bundle comes from, and who its workloads are here: a part of the plan that stands by itself."""

import hashlib
from typing import Literal

import msgspec

from bartizan.app.issuer_plan import Issuer


class Federated(msgspec.Struct, frozen=True):
    """A trust domain besides our own, as the control process knows it.

    Attributes:
        name: in the record.
        trust_domain: such as `corp.example`.
        workloads: path of a SPIFFE ID -> name of the principal `workload.NAME`.
        socket: path of the Workload API's unix socket, or empty.
        owner: number of the user who serves there; None for root and the platform's own.
        file: path of a bundle in SPIFFE's format, or empty; with `url`, the one to begin with.
        url: of a bundle endpoint, or empty.
        profile: of that endpoint.
        endpoint_id: SPIFFE ID of the server there, for `https_spiffe`.
        allowed: private addresses that it may be at.
        authorities: PEM of who may certify it, for `https_web`.
        usable_s: seconds for which the last bundle counts once its source is away.
    """

    name: str
    trust_domain: str
    workloads: dict[str, str] = {}
    socket: str = ""
    owner: int | None = None
    file: str = ""
    url: str = ""
    profile: Literal["https_web", "https_spiffe"] = "https_web"
    endpoint_id: str = ""
    allowed: tuple[str, ...] = ()
    authorities: str = ""
    usable_s: int = 12 * 3600

    @property
    def source(self) -> str:
        """Return by what it is told whether the source is the same as at another start: a digest of where it is."""
        where = (self.socket, self.file, self.url, self.profile, self.endpoint_id)
        return hashlib.sha256(msgspec.json.encode(where)).hexdigest()[:32]


class Outside(msgspec.Struct, frozen=True):
    """Whose word control takes besides our own: external issuers, and other trust domains."""

    issuers: tuple[Issuer, ...] = ()
    federated: tuple[Federated, ...] = ()
