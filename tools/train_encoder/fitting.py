"""Fits the encoder to windows.

Rules of this file: one process, two threads; on a machine that does something else, threads that wait for one another at every
product stand still.
"""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from bartizan.threats.wordpiece import Vocabulary
from tools.train_encoder.network import Encoder
from tools.train_encoder.windows import Window

THREADS: Final = 2
PIECES: Final = 1_536
"""Pieces that are learned from together."""
SPEED: Final = 6e-5
HEAD_FASTER: Final = 17.0
WARM: Final = 0.1
SMOOTHED: Final = 0.002
_SORTED: Final = 640
"""Windows that are sorted by length together."""
_TOLD: Final = 50


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


def fit(
    model: Encoder,
    found: Sequence[Window],
    vocabulary: Vocabulary,
    speed: float = SPEED,
    after: Callable[[int], None] = lambda _: None,
) -> None:
    """Fit the layers and the head once over all windows.

    Args:
        model: is changed.
        found: windows, and what stands in them.
        vocabulary: of the pieces.
        speed: highest learning rate of the layers.
        after: is told the number of steps that were made, each `_TOLD`.
    """
    steps = [*batches(found, random.Random(len(found)))]  # noqa: S311 - an order, no secret
    torch.set_num_threads(THREADS)
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
    lost = 0.0
    for number, batch in enumerate(steps, 1):
        loss = _loss(model, batch, vocabulary)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rates.step()
        lost += loss.item()
        if number % _TOLD == 0:
            sys.stdout.write(f"step {number} of {len(steps)}, loss {lost / _TOLD:.3f}\n")
            sys.stdout.flush()
            after(number)
            lost = 0.0
    model.eval()


def _loss(model: Encoder, batch: Sequence[Window], vocabulary: Vocabulary) -> Tensor:
    ids, mask = tensors(batch, vocabulary)
    aims = torch.tensor([1 - SMOOTHED if each.attack else SMOOTHED for each in batch])
    with torch.autocast("cpu", torch.bfloat16):
        found = model(ids, mask)
    return functional.binary_cross_entropy_with_logits(found.float(), aims)
