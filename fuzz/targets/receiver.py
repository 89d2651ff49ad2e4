"""What receivers of the record answer: a server of NATS, Splunk's collector and OTLP's; read in one way or refused.

The first octet chooses whose answer it is.
"""

from bartizan.connectors import hec, nats, otlp
from fuzz.target import Target


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    return _READERS[data[0] % len(_READERS)](data[1:])


def _info(line: bytes) -> str:
    try:
        found = nats.info(line)
    except nats.NotNats:
        return "no info"
    assert line[:5].upper() == b"INFO "
    return f"info {found.headers} {found.jetstream} {found.tls_required}"


def _message(line: bytes) -> str:
    found = nats.message(line)
    if found is None:
        return "no message"
    subject, head, whole = found
    assert subject
    assert " " not in subject
    assert 0 <= head <= whole < 10_000_000
    return f"message {bool(head)}"


def _acknowledged(body: bytes) -> str:
    try:
        found = nats.acknowledged(body)
    except nats.NotNats:
        return "no receipt"
    assert not found or b"stream" in body or b"\\u" in body
    return f"receipt {found}"


def _taken(body: bytes) -> str:
    try:
        return f"splunk {hec.taken(body)}"
    except (ValueError, RecursionError):
        return "no answer of splunk's"


def _rejected(body: bytes) -> str:
    try:
        found = otlp.rejected(body)
    except (ValueError, RecursionError):
        return "no answer of otlp's"
    assert found >= 0
    return f"otlp {bool(found)}"


_READERS = (_info, _message, _acknowledged, _taken, _rejected)

TARGET = Target(
    modules=("bartizan.connectors.nats", "bartizan.connectors.hec", "bartizan.connectors.otlp"),
    run=run,
    seeds=(
        b'\x00INFO {"headers":true,"jetstream":true,"tls_required":false,"max_payload":1048576}',
        b"\x01MSG _INBOX.a.1 1 27",
        b"\x01HMSG _INBOX.a.1 1 reply 12 27",
        b'\x02{"stream":"A","seq":1}',
        b'\x02{"error":{"code":503},"stream":"A","seq":0}',
        b'\x03{"text":"Success","code":0}',
        b'\x04{"partialSuccess":{"rejectedLogRecords":"3"}}',
    ),
    words=(b"INFO ", b"HMSG ", b'"error":', b'"seq":', b'"rejectedLogRecords":', b"[[[["),
)
