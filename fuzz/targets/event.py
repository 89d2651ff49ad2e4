"""Events of the ledger: the reading of many at once agrees with the reading of each, and each has one form."""

from bartizan.ledger.event import Event, NotAnEvent, decode, encode
from bartizan.ledger.grammar import columns, columns_of
from fuzz.target import Target


def run(data: bytes) -> str:
    bodies = data.split(b"\n")[:8]
    events: list[Event] = []
    for body in bodies:
        try:
            event = decode(body)
        except NotAnEvent:
            break
        assert encode(event) == body
        events.append(event)
    assert columns(bodies) == columns_of(events)
    return f"{len(events)} of {len(bodies)} {events[0].kind if events else ''}"


_ADMITTED = (
    b'{"actor":"p-00000000000000aa","at":1,"control":"access.request-authorized","detail":{"generation":1,"group":"none",'
    b'"octets":5,"route":"chat","service":"main"},"kind":"gateway.request.admitted","outcome":"allowed",'
    b'"subject":"q-00000000000000bb"}'
)
_COMPLETED = (
    b'{"actor":"p-00000000000000aa","at":9223372036854775807,"control":"","detail":{"admitted":1,"input":3,"micros":9,"octets":5,'
    b'"output":5,"reason":"done","status":200},"kind":"gateway.request.completed","outcome":"done","subject":"q-00000000000000bb"}'
)
TARGET = Target(
    modules=("bartizan.ledger.event", "bartizan.ledger.grammar"),
    run=run,
    seeds=(_ADMITTED, _COMPLETED, _ADMITTED + b"\n" + _COMPLETED, _ADMITTED + b"\n", b"{}"),
    words=(
        b"\n", b'"', b",", b"{", b"}", b'"actor":', b'"at":', b'"control":""', b'"detail":{', b'"kind":', b'"outcome":', b'"subject":',
        b"anonymous", b"platform", b"owner", b"0", b"9007199254740992", b"gateway.request.refused", b"gateway.request.admitted", b"denied",
        b"failed", b"\\u0061", b'"reason":', b'"status":', b'"source":', b"\xff", b'"count":',
    ),
    longest=700,
)  # fmt: skip
