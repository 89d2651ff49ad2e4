"""CatBoost's own format (`model.cbm`): a table of flatbuffers with trees, numbers and texts.

Rules of this file: the table is as long as the file says, and the file ends with it; what it is made of is held against its bounds. A model with
further parts (statistics of categories) is not understood. Source: catboost/catboost, `libs/model/flatbuffers/model.fbs` of release 1.2.
"""

from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.cursor import Cursor
from bartizan.supply.parsers.telling import told

MAGIC: Final = b"CBM1"
VERSION: Final = "FlabuffersModel_v1"
_VERSION_FIELD: Final = 0
_PARTS_FIELD: Final = 3
_HEAD: Final = 4
_MOST_FIELDS: Final = 16


def knows(octets: Octets) -> bool:
    """Return whether it has the magic."""
    return octets.begins(MAGIC)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a model."""
    del look
    return told(lambda _: _walk(octets, budget))


def _walk(octets: Octets, budget: Budget) -> None:
    cursor = Cursor(octets, budget, len(MAGIC))
    core = cursor.part(cursor.u32())
    if cursor.left:
        raise Damaged("part-unknown", "it has further parts, which are not known", cursor.at)
    fields = _root(core, budget)
    if _text(core, budget, fields.get(_VERSION_FIELD, 0)) != VERSION:
        raise Damaged("version-unknown", "it is CatBoost's of a version that is not known")
    if _PARTS_FIELD in fields and _vector(core, budget, fields[_PARTS_FIELD]).u32():
        raise Damaged("part-unknown", "it says that it has further parts, which are not there")


def _root(core: Octets, budget: Budget) -> dict[int, int]:
    """Return the fields of the outermost table: number -> place."""
    table = Cursor(core, budget).u32()
    back = int.from_bytes(core.take(table, 4), "little", signed=True)
    head = Cursor(core, budget, table - back)
    if table - back < 0:
        raise Damaged("flatbuffer-malformed", "its table is described outside of it")
    size, length = head.u16(), head.u16()
    if size % 2 or not _HEAD <= size <= _HEAD + 2 * _MOST_FIELDS:
        raise Damaged("flatbuffer-malformed", "its table is of no kind that is known")
    core.part(table, length)
    places = [head.u16() for _ in range((size - _HEAD) // 2)]
    if any(place + 4 > length for place in places if place):
        raise Damaged("flatbuffer-malformed", "a field of its table lies outside of it")
    return {number: table + place for number, place in enumerate(places) if place}


def _vector(core: Octets, budget: Budget, place: int) -> Cursor:
    """Return where a vector, or a text, begins with its length."""
    return Cursor(core, budget, place + Cursor(core, budget, place).u32())


def _text(core: Octets, budget: Budget, place: int) -> str:
    cursor = _vector(core, budget, place)
    return cursor.text(min(cursor.u32(), 64), "its version")


FORMAT: Final = Format("catboost", knows, read, order=20)
