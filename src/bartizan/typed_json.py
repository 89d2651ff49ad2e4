"""JSON of a known form, read by any thread.

Rules of this file: msgspec learns a type when it is first asked for it, and a thread that asks for it meanwhile reads what is not
there yet: the process ends by a fault of memory (seen with 0.22). So one thread at
a time has it learn types; who decodes in threads does so by this file, or by a decoder that was made when its module was imported.
"""

import threading
from typing import Any, Final, TypeVar

import msgspec

Form = TypeVar("Form")
_LOCK: Final = threading.Lock()
_DECODERS: Final[dict[Any, "msgspec.json.Decoder[Any]"]] = {}


def decoded(octets: bytes, form: type[Form]) -> Form:
    """Return what JSON says, of this form.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it is none, or says something else.
    """
    found: Form = _decoder(form).decode(octets)
    return found


def known(form: type[Form]) -> type[Form]:
    """Return a form, once msgspec has learned it."""
    _decoder(form)
    return form


def _decoder(form: Any) -> "msgspec.json.Decoder[Any]":  # noqa: ANN401 - whatever msgspec takes for a type
    found = _DECODERS.get(form)
    if found is None:
        with _LOCK:
            found = _DECODERS[form] = msgspec.json.Decoder(form)
    return found
