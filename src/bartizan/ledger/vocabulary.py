"""Which events there are, and what each may carry.

Rules of this file: every kind of event and every field of its detail stands here, with the closed set or
the form of its values. No field takes free text, so no event can carry a string that a client supplied.
Names of services, routes and clients come from the operator's configuration, never from a request.
Changing a row's meaning is a change of the record's format (docs/decisions/0003-ledger-format.md); adding
a kind or a field is not.
"""

from collections.abc import Mapping
from typing import Final

from bartizan.ledger.forms import Check, Form, Hex, Name, Whole, check, one_of
from bartizan.ledger.vocabulary_artifacts import ARTIFACTS
from bartizan.ledger.vocabulary_provenance import PROVENANCE

SIGNAL = one_of(
    "logout",
    "session-revoked",
    "credential-change",
    "token-claims-change",
    "account-disabled",
    "account-enabled",
    "account-purged",
    "verification",
)
GROUP = one_of(
    "x25519mlkem768",
    "secp256r1mlkem768",
    "secp384r1mlkem1024",
    "x25519",
    "secp256r1",
    "secp384r1",
    "other",
    "none",
)
"""Key-agreement group of a TLS connection; `none` is a connection without TLS."""
PROCESS = one_of(
    "supervisor",
    "worker",
    "dialer",
    "control",
    "sealer",
    "sample",
    "exporter",
    "archiver",
    "feeder",
    "shipper",
    "workloads",
    "inspector",
    "guard-judge",
    "cli",
)
PER = one_of("principal", "client", "service", "route", "address")
"""What a limit is told apart by."""
PASSKEY = one_of("device-bound", "synced", "none")
"""Where the passkey may be that somebody was verified by: on one device, on several, or there was none."""
REASON = one_of(
    "status", "signal", "overstayed", "interrupted", "unstartable", "too-old", "never-carried-out"
)
"""Why a run of a schedule was not carried out, and what is wrong with its age."""
REGISTERED: Mapping[str, Form] = {
    "method": one_of("client-secret", "private-key-jwt", "none"),
    "redirects": Whole(),
    "service": Name(),
    "statement": Name(),
    "source": Hex(8),
}
"""What is on record of an application that registered itself."""
FAULT = one_of(
    "length", "sequence", "checksum", "tag", "body", "order", "shortened", "missing", "unregistered"
)
"""What does not fit about a journal segment."""
RESTARTED = one_of("other-ledger", "cursor-unreadable")
"""Why a connector begins anew."""
SEVERITY = one_of("unknown", "informational", "low", "medium", "high", "critical")
"""How grave somebody else's tool says that its finding is."""

CLAIMED = one_of("so", "unknown")
"""What is claimed of a device; what is not so is as good as unknown."""

ANOMALY = one_of(
    "credential-stuffing",
    "password-spraying",
    "guessing",
    "token-replay",
    "proof-replay",
    "refresh-reuse",
    "unknown-device",
    "dormant-principal",
    "new-client",
    "impossible-sequence",
    "consent-abuse",
    "unusual-sign-in",
)
"""What a sign-in that was flagged looks like."""
PURPOSE = one_of("triage", "incident", "appeal", "audit", "legal")
"""What evidence is opened for: to judge a finding, to respond, because somebody was held back wrongly, to look over
others' work, or because the law asks."""
REFUSAL = one_of(
    "split-view",
    "rolled-back",
    "unknown",
    "untrusted",
    "malformed",
    "unreachable",
    "unavailable",
    "forged",
    "damaged",
)
"""Why a witness did not cosign a checkpoint; the first two are that the record is not what it was."""

KINDS: Final[Mapping[str, Mapping[str, Form]]] = {
    "ledger.segment.opened": {
        "writer": PROCESS,
        "segment": Whole(),
        "boot": Hex(16),
        "format": Whole(),
        "after": Whole(),
    },
    "ledger.segment.closed": {"segment": Whole(), "records": Whole(), "next": Whole()},
    "ledger.segment.recovered": {"segment": Whole(), "records": Whole(), "torn": Whole()},
    "ledger.segment.altered": {"segment": Whole(), "sequence": Whole(), "fault": FAULT},
    "ledger.checkpoint.witnessed": {"size": Whole(), "count": Whole()},
    "ledger.checkpoint.refused": {"size": Whole(), "reason": REFUSAL},
    "ledger.entries.pruned": {
        "first": Whole(),
        "end": Whole(),
        "gone": Whole(),
        "digest": Hex(32),
        "tier": one_of("requests", "all"),
    },
    "ledger.tree.restored": {"entries": Whole(), "lost": Whole()},
    "platform.process.started": {"process": PROCESS, "number": Whole()},
    "platform.process.died": {
        "process": PROCESS,
        "number": Whole(),
        "signal": Whole(255),
        "status": Whole(255),
    },
    "platform.clock.stepped": {"forward": Whole(), "backward": Whole()},
    "platform.state.published": {"generation": Whole(), "policy": Hex(32)},
    "platform.schedule.set": {"run": Name(), "every": Whole()},
    "platform.schedule.started": {"run": Name(), "number": Whole(), "late": Whole()},
    "platform.schedule.finished": {
        "run": Name(),
        "number": Whole(),
        "status": Whole(255),
        "millis": Whole(),
        "reason": REASON,
    },
    "platform.schedule.overdue": {"run": Name(), "reason": REASON, "seconds": Whole()},
    "platform.connector.stalled": {"reason": Name(), "waiting": Whole(), "seconds": Whole()},
    "platform.connector.resumed": {"waiting": Whole()},
    "platform.connector.skipped": {"entry": Whole(), "count": Whole(), "reason": Name()},
    "platform.connector.restarted": {"entry": Whole(), "reason": RESTARTED},
    "gateway.request.admitted": {
        "service": Name(),
        "route": Name(),
        "group": GROUP,
        "octets": Whole(),
        "generation": Whole(),
        "content": Hex(32),
        "action": Name(),
        "operation": Hex(8),
        "agent": Hex(8),
        "passkey": one_of("device-bound", "synced"),
        "tool": Hex(32),
    },
    "gateway.request.completed": {
        "admitted": Whole(),
        "status": Whole(999),
        "octets": Whole(),
        "input": Whole(),
        "output": Whole(),
        "micros": Whole(),
        "reason": Name(),
        "target": Name(),
        "upstream": GROUP,
    },
    "gateway.request.refused": {
        "reason": Name(),
        "status": Whole(999),
        "service": Name(),
        "route": Name(),
        "group": GROUP,
        "count": Whole(),
        "generation": Whole(),
        "action": Name(),
        "operation": Hex(8),
        "agent": Hex(8),
        "passkey": one_of("device-bound", "synced"),
        "tool": Hex(32),
    },
    "gateway.budget.reached": {
        "service": Name(),
        "per": PER,
        "period": one_of("day", "month"),
        "percent": Whole(100),
    },
    "gateway.upstream.opened": {
        "service": Name(),
        "target": Name(),
        "failures": Whole(),
        "reason": Name(),
    },
    "gateway.upstream.closed": {"service": Name(), "target": Name()},
    "gateway.credential.rotated": {"service": Name(), "target": Name()},
    "gateway.tool.unpinned": {"service": Name(), "after": Hex(32)},
    "gateway.tool.changed": {"service": Name(), "before": Hex(32), "after": Hex(32)},
    "access.token.issued": {
        "client": Name(),
        "audience": Name(),
        "binding": one_of("none", "key", "certificate"),
        "seconds": Whole(),
        "source": Hex(8),
        "service": Name(),
        "grant": one_of("client", "code", "device", "refresh", "owner", "exchange", "workload"),
        "family": Hex(8),
        "agent": Hex(8),
        "hands": Whole(),
        "domain": Name(),
    },
    "access.token.refused": {"reason": Name(), "count": Whole()},
    "access.login.flagged": {
        "kind": ANOMALY,
        "origin": Name(),
        "severity": SEVERITY,
        "against": one_of("principal", "source", "nobody"),
        "source": Hex(8),
        "entry": Whole(),
    },
    "access.login.cleared": {},
    "access.device.asked": {"count": Whole()},
    "access.device.admitted": {
        "by": Name(),
        "key": one_of("hardware", "unknown"),
        "holder": one_of("one", "all"),
    },
    "access.device.told": {
        "by": Name(),
        "disk": CLAIMED,
        "screen": CLAIMED,
        "system": CLAIMED,
        "firewall": CLAIMED,
        "boot": CLAIMED,
    },
    "access.device.refused": {"reason": Name(), "count": Whole()},
    "access.svid.issued": {"workload": Name(), "seconds": Whole()},
    "access.svid.refused": {"reason": Name(), "count": Whole()},
    "access.principal.registered": {"role": Name(), "issuer": Name()},
    "access.principal.changed": {"role": Name(), "issuer": Name()},
    "access.principal.revoked": {},
    "access.principal.erased": {},
    "access.token.revoked": {},
    "access.admin.called": {"operation": Name(), "agent": Hex(8), "reason": Name(), "count": Whole()},
    "access.secret.renewed": {},
    "access.policy.applied": {
        "version": Whole(),
        "source": one_of("start", "applied", "rolled-back"),
        "repeats": Whole(),
        "digest": Hex(32),
        "files": Whole(),
    },
    "access.policy.refused": {"digest": Hex(32), "files": Whole()},
    "access.consent.given": {
        "client": Name(),
        "audience": Name(),
        "service": Name(),
        "flow": one_of("device"),
        "source": Hex(8),
    },
    "access.consent.refused": {"client": Name(), "flow": one_of("device"), "source": Hex(8)},
    "access.consent.withdrawn": {"client": Name(), "count": Whole()},
    "access.family.revoked": {
        "reason": one_of("code-reused", "refresh-reused", "revoked", "gave-way", "signed-out")
    },
    "access.client.keyed": {"count": Whole()},
    "access.client.registered": REGISTERED,
    "access.client.updated": REGISTERED,
    "access.client.withdrawn": {},
    "access.client.refused": {"reason": Name(), "count": Whole()},
    "access.key.published": {"key": Hex(32), "seconds": Whole()},
    "access.key.signing": {"key": Hex(32)},
    "access.key.retired": {"key": Hex(32)},
    "access.link.issued": {},
    "access.session.begun": {
        "by": one_of("passkey", "link", "recovery-code"),
        "key": PASSKEY,
        "source": Hex(8),
    },
    "access.session.verified": {"key": PASSKEY},
    "access.session.ended": {"count": Whole()},
    "access.passkey.added": {"key": PASSKEY},
    "access.passkey.removed": {},
    "access.recovery.issued": {"count": Whole()},
    "access.login.refused": {"reason": Name(), "count": Whole()},
    "access.approval.asked": {"act": Name(), "role": Name()},
    "access.approval.answered": {"act": Name(), "role": Name(), "purpose": PURPOSE},
    "access.approval.used": {"act": Name(), "role": Name()},
    "access.issuer.changed": {"issuer": Name(), "added": Whole(), "removed": Whole()},
    "access.issuer.unread": {"issuer": Name(), "reason": Name()},
    "access.bundle.changed": {"domain": Name(), "authorities": Whole(), "keys": Whole()},
    "access.bundle.unread": {"domain": Name(), "reason": Name()},
    "access.bundle.outdated": {"domain": Name()},
    "access.signal.heeded": {"issuer": Name(), "signal": SIGNAL},
    "access.signal.refused": {"signal": one_of("logout", "event"), "reason": Name(), "count": Whole()},
    "threats.signal.found": {
        "service": Name(),
        "reason": Name(),
        "rule": Name(),
        "channel": one_of("user", "tool", "document", "response", "system"),
        "severity": SEVERITY,
        "confidence": one_of("low", "medium", "high"),
        "action": one_of("allow", "flag", "redact", "hold", "block"),
        "count": Whole(),
        "half": one_of("answer"),
    },
    "threats.request.held": {"service": Name(), "reason": Name(), "digest": Hex(32)},
    "threats.request.released": {"service": Name(), "held": Hex(8), "digest": Hex(32)},
    "threats.evidence.sealed": {
        "service": Name(),
        "digest": Hex(32),
        "segment": Whole(),
        "sequence": Whole(),
        "octets": Whole(),
        "seconds": Whole(),
    },
    "threats.evidence.lost": {"service": Name(), "count": Whole()},
    "threats.evidence.opened": {
        "service": Name(),
        "digest": Hex(32),
        "purpose": PURPOSE,
        "reason": one_of("unknown", "altered"),
    },
    "threats.evidence.erased": {
        "service": Name(),
        "digest": Hex(32),
        "reason": one_of("expired", "asked", "room", "principal"),
    },
    "threats.finding.imported": {
        "format": one_of("ocsf", "sarif"),
        "source": Name(),
        "rule": Name(),
        "digest": Hex(32),
        "severity": SEVERITY,
        "count": Whole(),
        "document": Hex(32),
    },
    "threats.service.evaluated": {
        "way": one_of("direct", "gateway"),
        "judge": one_of("proxy", "endpoint"),
        "attack": Name(),
        "rate": Whole(10_000),
        "low": Whole(10_000),
        "high": Whole(10_000),
        "ceiling": Whole(10_000),
        "asked": Whole(),
        "lost": Whole(),
        "open": Whole(),
        "benign": Whole(),
        "refused": Whole(),
        "sample": Whole(),
        "seed": Whole(),
        "seconds": Whole(),
        "prompts": Hex(32),
        "document": Hex(32),
    },
    **ARTIFACTS,
    **PROVENANCE,
    "compliance.ledger.verified": {"entries": Whole(), "faults": Whole()},
    "drill.run.started": {"attacks": Whole(), "run": Hex(8)},
    "drill.run.finished": {"held": Whole(), "broken": Whole(), "unproven": Whole(), "run": Hex(8)},
    "drill.attack.tried": {
        "attack": Name(),
        "run": Hex(8),
        "first": Whole(),
        "last": Whole(),
        "micros": Whole(),
        "unclaimed": Whole(),
    },
}
"""Kind of event -> field of its detail -> form of the value. Every field is optional."""


CHECKS: Final[Mapping[str, Mapping[str, Check]]] = {
    kind: {field: check(form) for field, form in fields.items()} for kind, fields in KINDS.items()
}
"""`KINDS`, made ready."""
