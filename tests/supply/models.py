"""Models for tests of signatures, and bundles that model-signing 1.1.1 made of them (`recorded/`).

Recorded with `model_signing sign key --private_key ... --signature model/model.sig model` on `MODEL`, the same on its `a.bin`
alone, and with its library's BLAKE3 on `MODEL`; the private key is nowhere any more.
"""

from pathlib import Path
from typing import Final

from tests.artifact.trees import tree

RECORDED: Final = Path(__file__).parent / "recorded"
MODEL: Final[dict[str, bytes | str]] = {
    "a.bin": b"weights",
    "config.json": b"{}",
    "d/b.bin": b"more weights",
    "d.x/c": b"sorted by parts, not by octets",
    ".hidden/e": b"",
    ".git/config": b"[core]",
    ".gitignore": b"*.tmp",
}


def model(folder: Path) -> Path:
    """Make the model."""
    return tree(folder / "model", MODEL)
