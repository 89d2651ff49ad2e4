"""Which header fields may not stand, or not stand together: the rules against a second reading.

Rules of this file: pure, over the facts of one head; the first fault found is the one named. Everything that
is not plainly allowed is refused, even where RFC 9112 would let a recipient repair it.
"""

from bartizan.gateway.subject import RequestFacts

_ONCE = {
    b"host": "host-repeated",
    b"content-length": "length-repeated",
    b"transfer-encoding": "coding-repeated",
    b"authorization": "field-repeated",
    b"content-type": "field-repeated",
    b"content-encoding": "field-repeated",
    b"connection": "field-repeated",
    b"expect": "field-repeated",
    b"dpop": "field-repeated",
    b"cookie": "field-repeated",
    b"origin": "field-repeated",
    b"sec-fetch-site": "field-repeated",
    b"x-bartizan-edge": "field-repeated",
    b"x-bartizan-client": "field-repeated",
    b"x-api-key": "field-repeated",
    b"api-key": "field-repeated",
    b"anthropic-version": "field-repeated",
    b"anthropic-beta": "field-repeated",
    b"mcp-session-id": "field-repeated",
    b"mcp-protocol-version": "field-repeated",
    b"last-event-id": "field-repeated",
}
_REFUSED = {
    b"upgrade": "upgrade-refused",
    b"http2-settings": "upgrade-refused",
    b"trailer": "trailer-refused",
}
_OPTIONS = frozenset({b"close", b"keep-alive", b"te", b""})
_BODIED = frozenset({b"POST", b"PUT", b"PATCH"})
_MOST_DIGITS = 12


def framing_fault(facts: RequestFacts) -> str:
    """Return the word of the first fault, or nothing.

    Source: RFC 9110 7.2, 7.6.1, 10.1.1; RFC 9112 3.2, 6.1 to 6.3.
    """
    for name in facts.repeated:
        if name in _ONCE:
            return _ONCE[name]
    return _host(facts) or _hop(facts) or _length(facts)


def _host(facts: RequestFacts) -> str:
    if b"host" not in facts.fields:
        return "host-missing"
    return "" if facts.host_known else "host-unknown"


def _hop(facts: RequestFacts) -> str:
    fields = facts.fields
    if not _REFUSED.keys().isdisjoint(fields):
        return next(fault for name, fault in _REFUSED.items() if name in fields)
    expect = fields.get(b"expect")
    if expect is not None and expect.lower() != b"100-continue":
        return "expectation-unknown"
    connection = fields.get(b"connection")
    if connection is None:
        return ""
    options = {option.strip() for option in connection.lower().split(b",")}
    return "" if options <= _OPTIONS else "connection-option"


def _length(facts: RequestFacts) -> str:
    length, coding = facts.fields.get(b"content-length"), facts.fields.get(b"transfer-encoding")
    if coding is not None:
        return _coding(facts, coding, length)
    if length is None:
        return "length-missing" if facts.method in _BODIED else ""
    if not length.isdigit() or (length.startswith(b"0") and length != b"0") or len(length) > _MOST_DIGITS:
        return "length-malformed"
    return "body-unexpected" if facts.method not in _BODIED and length != b"0" else ""


def _coding(facts: RequestFacts, coding: bytes, length: bytes | None) -> str:
    if length is not None:
        return "length-with-coding"
    if facts.minor == 0:
        return "coding-before-1.1"
    if coding != b"chunked":
        return "coding-unknown"
    return "" if facts.method in _BODIED else "body-unexpected"
