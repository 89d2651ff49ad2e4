"""Write the words by which a decoded text is told from noise: `python tools/words.py TRAIN.jsonl BENIGN.jsonl`.

The words of three letters and more that at least four texts use, as the canonical view has them, lower-case, A to Z. What
is a more used word when read backwards or thirteen letters on is none: some of these prompts are disguised themselves.
"""

import codecs
import json
import re
import sys
from collections import Counter
from pathlib import Path

from bartizan.text.canonical import canonical

FILE = Path(__file__).parents[1] / "src/bartizan/text/words.txt"
USED_BY, LONGEST = 4, 20
HEAD = """# Words that tell a text from noise, most used first: of three letters and more, in at least four of the texts that
# tools/words.py was given (labelled prompts, MIT and Apache-2.0, see docs/guard.md). 2026-11-27.
"""


def main(files: list[str]) -> None:
    """Count the words of these files and write those that count."""
    texts = Counter[str]()
    for file in files:
        for line in Path(file).read_bytes().splitlines():
            text = canonical(json.loads(line)["text"]).view.text.casefold()
            texts.update({*re.findall(rf"(?<![\w])[a-z]{{3,{LONGEST}}}(?![\w])", text)})
    used = [word for word, count in texts.items() if count >= USED_BY]
    meant = [
        word for word in used if texts[word] >= max(texts[word[::-1]], texts[codecs.encode(word, "rot13")])
    ]
    kept = sorted(meant, key=lambda word: (-texts[word], word))
    FILE.write_text(HEAD + "".join(f"{word}\n" for word in kept), "utf-8")
    print(f"{len(kept)} words in {FILE}")  # noqa: T201 - a tool tells


if __name__ == "__main__":
    main(sys.argv[1:])
