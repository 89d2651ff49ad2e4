"""Protocol Buffers and files in them, field by field."""


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def num(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def sub(field: int, *octets: bytes | str) -> bytes:
    body = b"".join(each.encode() if isinstance(each, str) else each for each in octets)
    return varint(field << 3 | 2) + varint(len(body)) + body


def node(operator: str, *more: bytes, domain: str = "", inputs: tuple[str, ...] = ("X",)) -> bytes:
    given = b"".join(sub(1, each) for each in inputs)
    return sub(1, given, sub(2, "Y"), sub(4, operator), *([sub(7, domain)] if domain else []), *more)


def tensor(name: str = "W", dims: tuple[int, ...] = (2, 2), data: bytes = bytes(16), kind: int = 1) -> bytes:
    return b"".join(num(1, each) for each in dims) + num(2, kind) + sub(8, name) + sub(9, data)


def entry(field: int, key: str, value: str) -> bytes:
    return sub(field, sub(1, key), sub(2, value))


def external(location: str, *more: bytes, **said: str) -> bytes:
    entries = b"".join(entry(13, key, value) for key, value in {"location": location, **said}.items())
    return num(1, 2) + num(2, 1) + sub(8, "W") + entries + b"".join(more) + num(14, 1)


def onnx(*graph: bytes, after: bytes = b"", version: int = 10) -> bytes:
    head = num(1, version) + sub(2, "producer") + sub(7, *graph, sub(2, "g"))
    return head + after + sub(8, sub(1, ""), num(2, 17))


def onnx_model() -> bytes:
    """Return a model with a tensor, a subgraph and a function, as onnx 1.23 lays it out."""
    branch = sub(6, node("Constant", sub(5, sub(1, "value"), sub(5, tensor()), num(20, 4))), sub(2, "then"))
    graph = (
        node("MatMul", inputs=("X", "W")),
        node("If", sub(5, sub(1, "then_branch"), branch, num(20, 5))),
        node("F", domain="local"),
        sub(5, tensor()),
        sub(11, sub(1, "X"), sub(2, sub(1, num(1, 1), sub(2, sub(1, num(1, 1)), sub(1, sub(2, "n")))))),
    )
    function = sub(
        25,
        sub(1, "F"),
        sub(4, "a"),
        sub(5, "b"),
        sub(7, sub(1, "a"), sub(2, "b"), sub(4, "Relu")),
        sub(10, "local"),
    )
    return onnx(*graph, after=function + entry(14, "author", "a"))


def piece(word: str, score: bytes = bytes(4), *more: bytes) -> bytes:
    return sub(1, sub(1, word), b"\x15" + score, *more)


def vocabulary(*pieces: bytes, trainer: bytes = b"", after: bytes = b"") -> bytes:
    """Return a vocabulary of SentencePiece."""
    said = pieces or (piece("<unk>", bytes(4), num(3, 2)), piece("\u2581a"), piece("b", b"\0\0\x80\xbf"))
    learned = sub(1, "corpus.txt") + sub(2, "m") + num(3, 1) + num(4, 3) + trainer
    return b"".join(said) + sub(2, learned) + sub(3, sub(1, "nmt_nfkc") + sub(2, b"\0\1\2")) + after
