"""What the encoder makes of documents whose texts, phrases and goals it has not learned from, as it is served.

Rules of this file: one half of them fixes thresholds, the other is for measuring (`bench/guard_encoder.py`). A document counts
by its highest window.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from zlib import crc32

from bartizan.threats.encoder import windows
from bartizan.threats.subject import Channel
from bartizan.threats.wordpiece import Vocabulary
from tools.train_encoder.documents import USUAL
from tools.train_encoder.material import Material
from tools.train_encoder.phrases import ByHand
from tools.train_encoder.windows import Page, attacked, clean

LONGEST: Final = 4_096
"""Letters of a document."""
FIXING, MEASURING = 0, 1
CHANNELS: Final[Mapping[Channel, frozenset[str]]] = {
    Channel.TOOL: frozenset({"by hand", "by hand, recorded"}),
    Channel.DOCUMENT: frozenset({"text of others", "sentences of others", "by hand"}),
}
"""What stands for the documents of a channel."""
_SEEDS: Final = (4_001, 5_003)


def half(held: Material, number: int) -> Material:
    """Return one half of what is held out: other texts of others, other requests, other attacks."""
    return held._replace(
        texts=[each for each in held.texts if _mine(each.of, number)],
        prose=[each for each in held.prose if _mine(each, number)],
        imperatives=[each for each in held.imperatives if _mine(each, number)],
        attacks=[each for each in held.attacks if _mine(each, number)],
        by_hand=ByHand(
            [each for each in held.by_hand.documents if _mine(each, number)],
            {
                kind: [each for each in orders if _mine(each, number)]
                for kind, orders in held.by_hand.attacks.items()
            },
        ),
    )


def _mine(text: str, number: int) -> bool:
    return crc32(text.encode()) // 7 % 2 == number


def clean_pages(held: Material, number: int, count: int, kinds: Sequence[str] = USUAL) -> list[Page]:
    """Return documents of some kinds without an attack."""
    writer = half(held, number).makers(_SEEDS[number], kinds)[0]
    pages = (clean(writer) for _ in range(count))
    return [page._replace(text=page.text[:LONGEST]) for page in pages]


def attacked_pages(held: Material, number: int, kind: str, count: int) -> list[Page]:
    """Return documents with an attack of a kind."""
    writer, attacks = half(held, number).makers(_SEEDS[number] + crc32(kind.encode()), USUAL)
    found = list[Page]()
    while len(found) < count:
        page = attacked(writer, attacks, kind)
        if len(page.text) <= LONGEST:
            found.append(page)
    return found


def highest(
    pages: Sequence[Page], vocabulary: Vocabulary, score: Callable[[Sequence[int]], float]
) -> list[float]:
    """Return the sum of the highest window of each document."""
    found = []
    for page in pages:
        ids = vocabulary.read(page.text).ids
        found.append(max((score(ids[first:last]) for first, last in windows(len(ids))), default=-99.0))
    return found
