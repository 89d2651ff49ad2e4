"""The rows of every posture: the product's promises, and whatever controls add."""

from importlib import import_module

from bartizan.control import Control, Severity
from bartizan.promise import OUTSIDE, promises, rooms
from tools.discovered import controls

IDS = """
access.request-authenticated access.request-authorized access.token-bound access.device-known access.segment-holds
access.login-anomaly access.revocation-prompt access.surface-known
data.sealed-at-rest data.transit-quantum-safe data.processing-protected data.integrity-signed data.access-by-role
data.minimised data.retention-kept data.erasure-complete data.crypto-inventory
models.round-current models.review-signed models.weights-sealed models.runtime-protected models.watermarked
models.extraction-watched
threats.prompt-injection threats.leakage threats.poisoning threats.drift threats.outcome-shift threats.api-abuse
threats.robustness-evaluated
supply.model-file-inert supply.artifact-signed supply.artifact-admitted supply.dependency-patched supply.bom-current
supply.vendor-within-terms supply.provenance-complete
gateway.rate-limited gateway.input-valid gateway.tls-strong gateway.monitored gateway.api-tested
compliance.audit-current compliance.report-issued compliance.gaps-closed compliance.breach-clock
compliance.request-clock ledger.intact
"""
"""Stable for ever: an id that is missing here or there was renamed."""


def test_every_promise_ever_made_still_stands() -> None:
    assert set(IDS.split()) <= set(promises({}))


def test_the_seven_rooms_serve_the_seven_practices() -> None:
    assert [room.practice for room in rooms()] == list(range(1, 8))
    for room in rooms():
        import_module(f"bartizan.{room.name}.controls")


def test_every_promise_fits_a_row_of_a_screen() -> None:
    assert [row.id for row in promises(controls()).values() if not 0 < len(row.promise) <= 80] == []


def test_a_control_lies_in_the_room_that_keeps_its_promise() -> None:
    rows = promises(controls())
    lying = {name: control.judge.__module__.split(".")[1] for name, control in controls().items()}
    assert {name: room for name, room in lying.items() if room != rows[name].room} == {}


def test_the_words_of_a_control_count_and_a_new_promise_joins_its_room() -> None:
    found = {name: _control(name) for name in ("access.token-bound", "data.new-promise", "acme.badge-worn")}
    rows = promises(found)
    assert rows["access.token-bound"].promise == "words of the control"
    assert (rows["data.new-promise"].room, rows["data.new-promise"].practice) == ("data", 2)
    assert (rows["acme.badge-worn"].room, rows["acme.badge-worn"].practice) == (OUTSIDE, 0)
    assert list(rows)[-1] == "acme.badge-worn"
    assert len(rows) == len(promises({})) + 2


def _control(name: str) -> Control:
    return Control(
        id=name,
        promise="words of the control",
        reads=int,
        severity=Severity.LOW,
        because="",
        references=(),
        remediation="",
        judge=lambda _subject: (),
        fires_on=(),
        silent_on=(),
    )
