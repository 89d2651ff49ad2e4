"""Fits the encoder to windows.

Rules of this file: two processes of one thread each fit a model side by side and make one of theirs now and then, by the mean
of all numbers (Stich 2019, local SGD): on a busy machine threads that wait for one another at every product stand still.
"""

import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from bartizan.threats.wordpiece import Vocabulary
from tools.train_encoder.network import Encoder
from tools.train_encoder.windows import Window

HANDS: Final = 2
MEETING: Final = 40
"""Steps after which the processes make one model of theirs."""
PIECES: Final = 1_024
"""Pieces that are learned from together."""
SPEED: Final = 6e-5
HEAD_FASTER: Final = 17.0
WARM: Final = 0.1
SMOOTHED: Final = 0.005
_SORTED: Final = 640
"""Windows that are sorted by length together."""
_TOLD: Final = 20


def batches(found: Sequence[Window], drawn: random.Random) -> Iterator[list[Window]]:
    """Yield windows of like length together, in an order by chance."""
    order = [*found]
    drawn.shuffle(order)
    made = list[list[Window]]()
    for at in range(0, len(order), _SORTED):
        mine = sorted(order[at : at + _SORTED], key=lambda each: len(each.ids))
        while mine:
            size = max(PIECES // (len(mine[-1].ids) + 2), 1)
            made.append(mine[-size:])
            del mine[-size:]
    drawn.shuffle(made)
    yield from made


def tensors(batch: Sequence[Window], vocabulary: Vocabulary) -> tuple[Tensor, Tensor]:
    """Return the pieces of windows with a beginning and an end, and where they are."""
    longest = max(len(each.ids) for each in batch) + 2
    rows = [[vocabulary.begin, *each.ids, vocabulary.end] for each in batch]
    ids = torch.tensor([row + [vocabulary.padding] * (longest - len(row)) for row in rows])
    return ids, torch.tensor([[True] * len(row) + [False] * (longest - len(row)) for row in rows])


def fit(model: Encoder, found: Sequence[Window], vocabulary: Vocabulary, speed: float = SPEED) -> None:
    """Fit the layers and the head once over all windows, by `HANDS` processes."""
    steps = [*batches(found, random.Random(len(found)))]  # noqa: S311 - an order, no secret
    each = len(steps) // HANDS
    with TemporaryDirectory() as name:
        folder = Path(name)
        torch.save(model.state_dict(), folder / "begin.pt")
        shapes = model.pieces.num_embeddings, model.places.num_embeddings
        started = multiprocessing.get_context("spawn")
        hands = [
            started.Process(
                target=_hand, args=(folder, hand, shapes, steps[hand::HANDS][:each], vocabulary, speed)
            )
            for hand in range(HANDS)
        ]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        model.load_state_dict(torch.load(folder / f"{each}-made.pt"))


def _hand(
    folder: Path,
    hand: int,
    shapes: tuple[int, int],
    steps: Sequence[Sequence[Window]],
    vocabulary: Vocabulary,
    speed: float,
) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(hand)
    model = Encoder(*shapes)
    model.load_state_dict(torch.load(folder / "begin.pt"))

    def meet(number: int) -> None:
        _left(model, folder / f"{number}-{hand}.pt")
        theirs = [_found(folder / f"{number}-{each}.pt") for each in range(HANDS)]
        mean = {name: sum(each[name] for each in theirs) / HANDS for name in theirs[0]}
        model.load_state_dict(mean)
        if hand == 0:
            _left(model, folder / f"{number}-made.pt")

    _fit(model, steps, vocabulary, speed, meet)


def _left(model: Encoder, file: Path) -> None:
    torch.save(model.state_dict(), file.with_suffix(".new"))
    file.with_suffix(".new").rename(file)


def _found(file: Path) -> dict[str, Tensor]:
    while not file.exists():
        time.sleep(0.2)
    found: dict[str, Tensor] = torch.load(file)
    return found


def _fit(
    model: Encoder,
    steps: Sequence[Sequence[Window]],
    vocabulary: Vocabulary,
    speed: float,
    meet: Callable[[int], None],
) -> None:
    for part in (model.pieces, model.places):
        part.weight.requires_grad_(False)
    others = [
        each for name, each in model.named_parameters() if each.requires_grad and not name.startswith("head")
    ]
    speeds = [speed, HEAD_FASTER * speed]
    groups = [
        {"params": part, "lr": one}
        for part, one in zip((others, [*model.head.parameters()]), speeds, strict=True)
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, speeds, total_steps=len(steps) + 1, pct_start=WARM)
    model.train()
    for number, batch in enumerate(steps, 1):
        loss = _loss(model, batch, vocabulary)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rates.step()
        if number % _TOLD == 0:
            sys.stdout.write(f"step {number} of {len(steps)}, loss {loss.item():.3f}\n")
            sys.stdout.flush()
        if number % MEETING == 0 or number == len(steps):
            meet(number)


def _loss(model: Encoder, batch: Sequence[Window], vocabulary: Vocabulary) -> Tensor:
    ids, mask = tensors(batch, vocabulary)
    aims = torch.tensor([1 - SMOOTHED if each.attack else SMOOTHED for each in batch])
    with torch.autocast("cpu", torch.bfloat16):
        found = model(ids, mask)
    return functional.binary_cross_entropy_with_logits(found.float(), aims)
