"""Make the model of names that ships: `make train-names DATA=folder`.

Reads the harmless words of the texts of that folder (docs/names-model.md says which), writes texts of its own, and writes `weights.txt` and
`weights.toml` of `bartizan.text.names`.
"""

import argparse
import random
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

from bartizan.text.names.model import classes_of
from tools.train_names import people
from tools.train_names.fitting import fitted
from tools.train_names.rows import rows_of
from tools.train_names.written import Writer

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "src/bartizan/text/names"
WRITTEN, READ = 14_000, 9_000
"""How many texts are written, and how many of people are read."""
WEIGHT: Final = 0.6
"""What a word of people's texts weighs beside one that was written."""
PERSON, PLACE = 20, 12
"""How far the sum of a name must be above those of an organisation and of no name."""


def main(words: list[str]) -> int:
    """Train and write; 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_names", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of train.jsonl and benign.jsonl")
    parser.add_argument("--made", default="2026-11-28", help="day that the model is said to be of")
    arguments = parser.parse_args(words)
    gazetteer = FOLDER.joinpath("gazetteer.txt").read_bytes()
    classes = classes_of(gazetteer.decode("utf-8"))
    writer = Writer(classes, random.Random(1))  # noqa: S311 - texts, no secret
    rows = []
    for _ in range(WRITTEN):
        text = writer.text()
        rows += rows_of(text.said, text.names, classes)
    _say(f"{len(rows):,} words of {WRITTEN:,} written texts")
    for said in people.texts_of(arguments.data, READ):
        rows += people.rows_of(said, classes, WEIGHT)
    _say(f"{len(rows):,} words with those of people")
    numbers = fitted(rows)
    lines = "".join(
        f"{one} {two} {three} {seen.replace(chr(10), chr(92) + 'n')}\n"
        for seen, (one, two, three) in sorted(numbers.items())
    ).encode()
    FOLDER.joinpath("weights.txt").write_bytes(lines)
    head = [
        "# What it takes to read weights.txt. Made by `make train-names`; docs/names-model.md tells of what.",
        f'made = "{arguments.made}"',
        f'weights = "{sha256(lines).hexdigest()}"',
        f'gazetteer = "{sha256(gazetteer).hexdigest()}"',
        f"person = {PERSON}",
        f"place = {PLACE}",
    ]
    FOLDER.joinpath("weights.toml").write_text("\n".join(head) + "\n", "utf-8")
    _say(f"{len(numbers):,} things that are seen, {len(lines):,} octets")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
