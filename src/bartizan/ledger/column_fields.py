"""The columns of the copy that analysis reads: which parts of an event have one, and of what type.

Rules of this file: pure. A column of the detail is there for each field that is a whole number in every kind that has it,
or a word in each; digests and tags, which nobody adds up or counts by, stay in the tree. All files of one folder have all
columns of one form, which the folder's name says: another vocabulary begins another folder.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from bartizan.ledger.forms import Form, Hex, Whole
from bartizan.ledger.vocabulary import KINDS

PARTS: Final = ("kind", "actor", "subject", "outcome", "control")
"""Parts of every event that it can be counted by, but for its instant."""
HOUR: Final = 3_600_000_000_000
"""Nanoseconds of what the column `hour` counts from the epoch on: few and alike in a row, so that counting by it is quick."""
_NUMBER, _WORD, _SMALL = "BIGINT", "VARCHAR", "INTEGER"
_FORMAT: Final = 2
_OWN: Final = {"index": "UBIGINT", "at": _NUMBER, "hour": _SMALL}


def _types() -> Iterator[tuple[str, str]]:
    forms: dict[str, set[str]] = {}
    for fields in KINDS.values():
        for field, form in fields.items():
            forms.setdefault(field, set()).add(_type(form))
    for field, types in sorted(forms.items()):
        if len(types) == 1 and "" not in types:
            yield field, types.pop()


def _type(form: Form) -> str:
    if isinstance(form, Whole):
        return _NUMBER
    return "" if isinstance(form, Hex) else _WORD


FIELDS: Final[Mapping[str, str]] = dict(_types())
"""Field of the detail -> type of its column."""
NUMBERS: Final = frozenset(field for field, kind in FIELDS.items() if kind == _NUMBER)
"""Fields that can be added up."""
COUNTED: Final = (*PARTS, *FIELDS)
"""What entries can be counted by."""
ALL: Final = (*_OWN, *PARTS, *FIELDS)
"""Every column, in their order."""
FORM: Final = sha256(f"{_FORMAT} {sorted(FIELDS.items())}".encode()).hexdigest()[:8]
"""Name of the folder of files with these columns."""


def type_of(name: str) -> str:
    """Return the type of a column."""
    return _OWN.get(name) or FIELDS.get(name, _WORD)


def column(name: str) -> str:
    """Return the identifier of the column of a part or of a field, in quotation marks.

    Raises:
        KeyError: there is no such column.
    """
    if name in PARTS or name in _OWN:
        return f'"{name}"'
    if name not in FIELDS:
        raise KeyError(name)
    return f'"detail.{name}"'
