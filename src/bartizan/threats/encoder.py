"""Whether an order to the model stands in what a tool or a document says: a small transformer that reads windows of sentences.

Rules of this file: it serves tool results and documents alone, and only where `onnxruntime` is installed (`bartizan[encoder]`) and this
version has one (`SHIPS`); what the word model says stands with and without it. The network is data, `encoder.onnx`, with the pieces that it reads,
`encoder.pieces.txt`, and what it takes to read both, `encoder.toml`; all are made by `make train-encoder` and hold together by
digests. It is loaded before its process gives up files. A window is read alone, so that what it costs does not depend on others.
"""

import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from bartizan.text.view import View
from bartizan.threats.injection import Curve, Model, ModelUnreadable
from bartizan.threats.subject import Channel
from bartizan.threats.wordpiece import Pieces, Vocabulary

SHIPS: Final = False
"""Whether this version has an encoder; where it has, one that is not there is a fault."""
RULE: Final = "encoder"
"""Stands for a rule where the encoder says so."""
WIDTH, STEP = 110, 74
"""Pieces of a window, and how far apart two begin."""
SHORTEST: Final = 6
"""Pieces that a text has at least to be read: a word or two alone are no order."""
BROKEN: Final = "broken"
MOST: Final = 32
"""Windows of one text that are read, as far as that leaves `FEWEST` for each stretch."""
FEWEST: Final = 2
LIBRARY: Final = "onnxruntime"
SERVED: Final = frozenset({Channel.TOOL, Channel.DOCUMENT})
"""Channels that it serves."""
_FOLDER: Final = "bartizan.threats"
_STEEP: Final = 30.0
"""Where the logistic function ends."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it takes to read the network.

    Attributes:
        made: day on which it was made.
        network, pieces: SHA-256 of the two files, in hexadecimal.
        curves: channel -> what a sum means there.
    """

    made: str
    network: str
    pieces: str
    curves: Mapping[Channel, Curve]


class Window(NamedTuple):
    """A window of a view: its first piece, and its last, which is not included."""

    view: View
    pieces: Pieces
    first: int
    last: int

    @property
    def text(self) -> str:
        """Return what it says."""
        start, end = self.pieces.span(self.first, self.last)
        return self.view.text[start:end]


class Windowed(NamedTuple):
    """A window that was read.

    Attributes:
        score: from 0 to 1.
        start, end: letters of the view; the end is not included.
        told: whether the score is one to be told.
    """

    score: float
    start: int
    end: int
    told: bool


class EncoderUnreadable(ModelUnreadable):
    """The library is installed and the encoder cannot be used; what it serves counts as not inspected."""


class Broken:
    """Stands for an encoder that is installed and cannot be used."""


class Encoder:
    """An encoder, loaded."""

    def __init__(self, header: Header, vocabulary: Vocabulary, session: Any) -> None:  # noqa: ANN401 - has no types
        """Take it; `session` is of onnxruntime."""
        self.header, self.vocabulary = header, vocabulary
        self._run = partial(session.run, None)

    def sum(self, ids: Sequence[int]) -> float:
        """Return the number that the network gives a window of at most `WIDTH` pieces."""
        row = [self.vocabulary.begin, *ids, self.vocabulary.end]
        (found,) = self._run({"ids": [row]})
        return float(found[0])

    def windows(self, views: Iterable[View]) -> Sequence[Window]:
        """Return the windows of views, in order; of one with few pieces, none."""
        read = ((view, self.vocabulary.read(view.text)) for view in views)
        return [
            Window(view, pieces, *each)
            for view, pieces in read
            if len(pieces.ids) >= SHORTEST
            for each in windows(len(pieces.ids))
        ]

    def read(self, window: Window, channel: Channel) -> Windowed:
        """Return what a window says; `channel` is one of the header's."""
        curve = self.header.curves[channel]
        line = curve.slope * self.sum(window.pieces.ids[window.first : window.last]) + curve.shift
        score = 1 / (1 + math.exp(-max(min(line, _STEEP), -_STEEP)))
        return Windowed(score, *window.pieces.span(window.first, window.last), score >= curve.threshold)


def chosen(every: Sequence[Window], model: Model | None, most: int) -> Sequence[Window]:
    """Return the windows that are read where not all may be: half of them are those whose words are most like an attack's.

    The others lie as far apart as they can, the first and the last among them.
    """
    if len(every) <= most:
        return every
    half, numbers = most // 2, range(len(every))
    apart = most - half
    picked = {number * (len(every) - 1) // max(apart - 1, 1) for number in range(apart)}
    if model is not None:
        worth = [model.highest(window.text, math.inf)[0] for window in every]
        picked |= {*sorted(set(numbers) - picked, key=lambda number: -worth[number])[:half]}
    return [every[number] for number in sorted(picked)]


def windows(pieces: int) -> Iterator[tuple[int, int]]:
    """Yield the windows of so many pieces: first, and last, which is not included."""
    last = max(pieces - WIDTH, 0)
    for start in range(0, last + 1, STEP):
        if pieces:
            yield start, min(start + WIDTH, pieces)
    if last % STEP:
        yield last, pieces


def told(encoder: Encoder | Broken | None) -> str:
    """Return its day; `BROKEN` where it cannot be used, and nothing where it is not installed."""
    if isinstance(encoder, Encoder):
        return encoder.header.made
    return BROKEN if encoder is not None else ""


def installed() -> bool:
    """Return whether there is a library that can run the network."""
    return find_spec(LIBRARY) is not None


def load() -> Encoder | None:
    """Return the encoder that ships; None where none does, or no library is installed that runs it.

    Raises:
        EncoderUnreadable: as of `read`.
    """
    return read(resources.files(_FOLDER)) if SHIPS and installed() else None


def read(folder: Traversable | Path) -> Encoder:
    """Return the encoder of a folder.

    Raises:
        EncoderUnreadable: the files are not there, or not whole, or nothing can run them.
    """
    try:
        header = msgspec.convert(
            tomllib.loads(folder.joinpath("encoder.toml").read_text("utf-8")), Header, strict=False
        )
        network = folder.joinpath("encoder.onnx").read_bytes()
        pieces = folder.joinpath("encoder.pieces.txt").read_bytes()
    except (OSError, ValueError) as fault:
        raise EncoderUnreadable(f"the encoder cannot be read ({fault}); install Bartizan anew") from None
    if (sha256(network).hexdigest(), sha256(pieces).hexdigest()) != (header.network, header.pieces):
        raise EncoderUnreadable("the encoder is not the one that its header is of; install Bartizan anew")
    return Encoder(header, Vocabulary(pieces.decode("utf-8").split("\n")), session(network))


def session(network: bytes) -> Any:  # noqa: ANN401 - has no types
    """Return what runs a network, on one thread.

    Raises:
        EncoderUnreadable: nothing can.
    """
    try:
        import onnxruntime  # noqa: PLC0415 - an extra, and slow to import

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as fault:  # noqa: BLE001 - whatever it is, nothing can be read
        raise EncoderUnreadable(
            f"the encoder cannot be run ({type(fault).__name__}); install bartizan[encoder] anew, or remove {LIBRARY}"
        ) from None
