"""The encoder as it is fitted: MiniLM with a head that says whether an order to a model stands in a window.

Source: Devlin et al. 2019; Wang et al. 2020 (MiniLM); Reimers and Gurevych 2019.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDE, HEADS, INNER, LAYERS = 384, 12, 1536, 6
EPSILON: Final = 1e-12


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self) -> None:
        """Take shapes alone."""
        super().__init__()
        self.asked, self.keys, self.values = (nn.Linear(WIDE, WIDE) for _ in range(3))
        self.mixed, self.inner, self.outer = (
            nn.Linear(WIDE, WIDE),
            nn.Linear(WIDE, INNER),
            nn.Linear(INNER, WIDE),
        )
        self.first, self.second = (nn.LayerNorm(WIDE, EPSILON) for _ in range(2))

    def forward(self, told: Tensor, mask: Tensor) -> Tensor:
        """Return what a layer makes of windows, (batch, pieces, WIDE); `mask` is true where a piece is."""
        heads = [
            each(told).unflatten(-1, (HEADS, WIDE // HEADS)).transpose(1, 2)
            for each in (self.asked, self.keys, self.values)
        ]
        seen = functional.scaled_dot_product_attention(*heads, attn_mask=mask[:, None, None, :])
        told = self.first(
            told + functional.dropout(self.mixed(seen.transpose(1, 2).flatten(-2)), DROPPED, self.training)
        )
        inner = self.outer(functional.gelu(self.inner(told)))
        return self.second(told + functional.dropout(inner, DROPPED, self.training))


DROPPED: Final = 0.1


class Encoder(nn.Module):
    """The whole of it; embeddings stay as they are."""

    def __init__(self, pieces: int, places: int) -> None:
        """Take shapes: pieces of the vocabulary, and places of a window."""
        super().__init__()
        self.pieces, self.places = nn.Embedding(pieces, WIDE), nn.Embedding(places, WIDE)
        self.kind = nn.Parameter(torch.zeros(WIDE))
        self.before = nn.LayerNorm(WIDE, EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.head = nn.Linear(2 * WIDE, 1)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return a number for each window, above nought where an order stands in it.

        Args:
            ids: (batch, pieces); mask: the same shape, true where a piece is.
        """
        told = self.before(self.pieces(ids) + self.places.weight[: ids.shape[1]] + self.kind)
        for layer in self.layers:
            told = layer(told, mask)
        told = told.float()
        shown = mask[:, :, None]
        mean = (told * shown).sum(1) / shown.sum(1)
        most = told.masked_fill(~shown, -1e4).amax(1)
        found: Tensor = self.head(torch.cat((mean, most), 1).float()).squeeze(1)
        return found


def pretrained(weights: Mapping[str, Tensor], kept: Sequence[int], places: int) -> Encoder:
    """Return MiniLM with the pieces of the vocabulary that are kept, and a head that knows nothing."""
    model = Encoder(len(kept), places)
    state = dict(model.state_dict())
    state["pieces.weight"] = weights["embeddings.word_embeddings.weight"][torch.tensor(kept)]
    state["places.weight"] = weights["embeddings.position_embeddings.weight"][:places]
    state["kind"] = weights["embeddings.token_type_embeddings.weight"][0]
    for end in ("weight", "bias"):
        state[f"before.{end}"] = weights[f"embeddings.LayerNorm.{end}"]
        for number in range(LAYERS):
            for ours, theirs in _NAMES.items():
                state[f"layers.{number}.{ours}.{end}"] = weights[f"encoder.layer.{number}.{theirs}.{end}"]
    state["head.weight"] = torch.zeros(1, 2 * WIDE)
    state["head.bias"] = torch.zeros(1)
    model.load_state_dict(state)
    return model


_NAMES: Final = {
    "asked": "attention.self.query",
    "keys": "attention.self.key",
    "values": "attention.self.value",
    "mixed": "attention.output.dense",
    "first": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "second": "output.LayerNorm",
}
