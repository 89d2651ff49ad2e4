"""Documents of other tools' findings: read in one way or refused, and whatever is read makes events without their text.

The first octet chooses the format.
"""

from bartizan.connectors import ocsf_findings, sarif
from bartizan.connectors.findings import KIND, DocumentRefused, rows, subject
from bartizan.ledger.event import Event, Outcome, encode
from fuzz.target import Target

_READERS = {"sarif": sarif.read, "ocsf": ocsf_findings.read}
_LONGEST = 600
"""Octets of an event of an import: digests, a name and a rule of 63 characters each, and words of ours."""


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    form = "sarif" if data[0] % 2 else "ocsf"
    document = data[1:]
    try:
        read = _READERS[form](document)
    except DocumentRefused as fault:
        return fault.fault
    found = rows(form, document, read)
    assert sum(int(row.detail["count"]) for row in found) == len(read.findings)
    for row in found:
        event = Event(0, KIND, "owner", subject(form, document), Outcome.FOUND, "", row.detail)
        octets = encode(event)
        assert len(octets) < _LONGEST
        assert octets.isascii()
    return f"{form} {min(len(found), 3)} {min(read.left, 1)} {any(row.cleared for row in found)}"


_SARIF = (
    b'{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"A b","rules":[{"id":"r","properties":{"security-severity":'
    b'"9.8"},"defaultConfiguration":{"level":"note"}}]}},"results":[{"ruleId":"r","ruleIndex":0,"kind":"fail","level":'
    b'"error","baselineState":"absent","suppressions":[{"status":"accepted"}]}]}]}'
)
_OCSF = (
    b'{"class_uid":2004,"activity_id":1,"severity_id":4,"metadata":{"product":{"name":"A","vendor_name":"B"}},'
    b'"finding_info":{"analytic":{"uid":"r"}},"vulnerabilities":[{"cve":{"uid":"CVE-1"}}],"compliance":{"control":"c"}}'
)

TARGET = Target(
    modules=(
        "bartizan.connectors.findings",
        "bartizan.connectors.sarif",
        "bartizan.connectors.ocsf_findings",
    ),
    run=run,
    seeds=(
        b"\x01" + _SARIF,
        b"\x00" + _OCSF,
        b"\x00[" + _OCSF + b"," + _OCSF + b"]",
        b"\x00" + _OCSF + b"\n" + _OCSF,
    ),
    words=(
        b'"runs":[',
        b'"results":[',
        b'"ruleIndex":',
        b'"suppressions":[',
        b'"security-severity":',
        b'"class_uid":',
        b'"vulnerabilities":[',
        b"[[[[",
        b"NaN",
        b"\\ud800",
        b"1e999",
    ),
    longest=2048,
)
