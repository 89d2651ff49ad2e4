"""Reading a form: one reading, or none.

Rules of this file: pure. What goes on is the encoding of the pairs that were judged, never the octets that came.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode

from bartizan.gateway.faults import refusal

_FORM: Final = re.compile(rb"(?:[A-Za-z0-9*._~+=&-]|%[0-9A-Fa-f]{2})*")
_FIELDS: Final = 32


def read_form(body: bytes, names: frozenset[str]) -> tuple[list[tuple[str, str]], bytes]:
    """Return the pairs of a form, and their encoding.

    Args:
        body: as sent.
        names: of the parameters that it may have.
    Raises:
        Refusal: it is malformed, repeats a parameter (RFC 6749 3.2) or names one that is not known.
    """
    if _FORM.fullmatch(body) is None:
        raise refusal("form-malformed")
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_FIELDS,
        )
    except ValueError:
        raise refusal("form-malformed") from None
    found = {name for name, _ in pairs}
    if len(found) != len(pairs):
        raise refusal("form-repeated")
    if not found <= names:
        raise refusal("form-unknown")
    if not all(value.isprintable() for _, value in pairs):
        raise refusal("form-malformed")
    return pairs, urlencode(pairs).encode()
