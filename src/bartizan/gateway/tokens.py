"""Tokens, as services say how many a request and its answer took.

Rules of this file: shapes alone. A number that no answer can come to is no word.
"""

from typing import Annotated, Final

import msgspec

MOST: Final = 10**9
"""Tokens, a thousand times the largest requests of today. Sums of these stay within 64 bits for ever."""
_Tokens = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class Usage(msgspec.Struct, frozen=True):
    """Tokens of a request and of its answer.

    Attributes:
        prompt_tokens, completion_tokens: as the upstream counts them; 0 where it does not say.
    """

    prompt_tokens: _Tokens = 0
    completion_tokens: _Tokens = 0


class Wider(msgspec.Struct, frozen=True):
    """What the Responses API and Anthropic's say; Anthropic counts what came from a cache, or went there, apart."""

    input_tokens: _Tokens | None = 0
    output_tokens: _Tokens | None = 0
    cache_creation_input_tokens: _Tokens | None = 0
    cache_read_input_tokens: _Tokens | None = 0


UNSAID: Final = Usage()
