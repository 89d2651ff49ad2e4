"""Evidence: one function a route."""

import msgspec

from bartizan.admin import evidence as table
from bartizan.admin.evidence import EvidenceKept, EvidenceOpened, Excerpt, Opening
from bartizan.admin.forms import Page, Paged
from bartizan.admin.route import Nothing
from bartizan.app.admin.cursor import Cursors
from bartizan.app.evidence import Evidence
from bartizan.app.evidence_store import Kept, key_of
from bartizan.http.admin.call import Bound, Call, shown


class KeptEvidence:
    """Evidence over HTTP."""

    def __init__(self, evidence: Evidence, cursors: Cursors) -> None:
        """Take who keeps it."""
        self._evidence, self._cursors = evidence, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.LIST, self.list),
            shown(table.OPEN, self.open),
            shown(table.ERASE, self.erase),
        )

    def list(self, call: Call[Nothing, Paged]) -> Page[EvidenceKept]:
        """Return a page of it, unopened."""
        found = self._cursors.page(table.LIST.name, call.query, self._evidence.several, key_of)
        return Page(tuple(map(_told, found.items)), found.next)

    def open(self, call: Call[Opening, Nothing]) -> EvidenceOpened:
        """Open a piece."""
        found = self._evidence.open(call.segments["evidence"], call.caller.actor, call.body.purpose.value)
        excerpts = tuple(Excerpt(**msgspec.structs.asdict(each)) for each in found.excerpts)
        return EvidenceOpened(_told(found.kept), excerpts)

    def erase(self, call: Call[Nothing, Nothing]) -> EvidenceKept:
        """Delete a piece."""
        return _told(self._evidence.erase(call.segments["evidence"], call.caller.actor))


def _told(kept: Kept) -> EvidenceKept:
    about = kept.about
    return EvidenceKept(
        kept.id,
        kept.digest,
        about.service,
        about.request,
        about.principal,
        about.at,
        about.until,
        kept.size,
    )
