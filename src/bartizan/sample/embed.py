"""Vectors for texts by the hashing trick: deterministic, of length one, near for texts that share words.

Source: Weinberger et al. 2009, feature hashing with a sign bit.
"""

import hashlib
import math
import re
from collections import Counter

DIMENSIONS = 256
"""Length of a vector where the client names none."""
_MOST_WORDS = 4096


def embed(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return the text's vector of Euclidean length one; a text without words has the first axis.

    Args:
        text: its first 4,096 words count, whatever their case.
        dimensions: from 1.
    """
    vector = [0.0] * dimensions
    words = Counter(re.findall(r"\w+", text.lower())[:_MOST_WORDS])
    for word, times in words.items():
        value = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        vector[(value >> 1) % dimensions] += times if value & 1 else -times
    length = math.sqrt(sum(value * value for value in vector))
    if not length:  # no words, or words that cancel each other
        return [1.0] + [0.0] * (dimensions - 1)
    return [value / length for value in vector]
