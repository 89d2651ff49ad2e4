"""GGUF, versions 2 and 3: metadata, descriptions of tensors, tensors; with chat templates, which are judged as such.

Rules of this file: each value is walked to its end, and the tensors lie side by side from the first aligned octet to the last of the file,
with nothing but zeros between them. Source: ggml-org/ggml, docs/gguf.md; sizes of types, its constants of 2026.
"""

from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.cursor import Cursor
from bartizan.supply.parsers.jinja_judge import judge
from bartizan.supply.parsers.jinja_tags import LARGEST
from bartizan.supply.parsers.telling import Telling, shown, told

MAGIC: Final = b"GGUF"
VERSIONS: Final = frozenset({2, 3})
WIDTHS: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Type of a value -> its octets, where they are always as many."""
BOOL: Final = 7
U32: Final = 4
TEXT: Final = 8
ARRAY: Final = 9
BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66),
    39: (32, 17), 40: (64, 36), 41: (128, 18),
}  # fmt: skip
"""Type of a tensor -> elements of a block and its octets."""
MOST_VALUES: Final = 1 << 16
MOST_TENSORS: Final = 1 << 20
MOST_DIMENSIONS: Final = 4
LONGEST_NAME: Final = 1 << 16
DEEPEST: Final = 4
"""Arrays within one another."""
LARGEST_ALIGNMENT: Final = 1 << 16


def knows(octets: Octets) -> bool:
    """Return whether it has the magic."""
    return octets.begins(MAGIC)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a file."""
    del look
    return told(lambda telling: _walk(Cursor(octets, budget, len(MAGIC)), telling))


def _walk(cursor: Cursor, telling: Telling) -> None:
    version = cursor.u32()
    if version not in VERSIONS:
        raise Damaged(
            "version-unknown", "it is GGUF of a version, or an order of octets, that is not known", 4
        )
    tensors, values = cursor.u64(), cursor.u64()
    if tensors > MOST_TENSORS or values > MOST_VALUES:
        raise Damaged("count-too-large", "it says that it has more tensors or values than any model", 8)
    alignment = _metadata(cursor, values, telling)
    infos = [_tensor(cursor) for _ in range(tensors)]
    names = {name for name, _, _ in infos}
    if len(names) != len(infos):
        raise Damaged("name-twice", "it has two tensors of the same name")
    _covered(cursor, [(offset, size) for _, offset, size in infos], alignment)


def _metadata(cursor: Cursor, values: int, telling: Telling) -> int:
    """Go past the metadata and judge templates; return the alignment."""
    alignment, seen = 32, set()
    for _ in range(values):
        at = cursor.at
        key = _name(cursor)
        if key in seen:
            raise Damaged("name-twice", f"it has two values under the name {shown(key)}", at)
        seen.add(key)
        kind = cursor.u32()
        if key == "general.alignment":
            alignment = _alignment(cursor, kind)
        elif "chat_template" in key and kind == TEXT:
            _template(cursor, key, telling)
        elif "chat_template" in key and kind != ARRAY:
            raise Damaged("template-malformed", "its chat template is no text", at)
        else:
            pass_value(cursor, kind)
    return alignment


def _name(cursor: Cursor) -> str:
    at = cursor.at
    length = cursor.u64()
    if length > LONGEST_NAME:
        raise Damaged("name-too-long", "it has a name of more than 65,536 octets", at)
    name = cursor.text(length, "a name")
    if not name or not name.isprintable():
        raise Damaged("name-unprintable", f"it has a name that does not print: {shown(name)}", at)
    return name


def _alignment(cursor: Cursor, kind: int) -> int:
    found = cursor.u32() if kind == U32 else 0
    if not 0 < found <= LARGEST_ALIGNMENT or found % 8:
        raise Damaged("alignment-wrong", "its alignment is no multiple of 8 up to 65,536", cursor.at)
    return found


def _template(cursor: Cursor, key: str, telling: Telling) -> None:
    at = cursor.at
    length = cursor.u64()
    if length > 4 * LARGEST:
        raise Damaged("template-too-large", f"its chat template has more than {LARGEST:,} letters", at)
    try:
        judge(cursor.text(length, "its chat template"), cursor.budget, telling, shown(key))
    except Damaged as fault:  # the rest of the file is still read
        telling.say(fault.word, fault.what, fault.reason.standing, member=shown(key), offset=fault.offset)


def pass_value(cursor: Cursor, kind: int, depth: int = 0) -> None:
    """Go past a value.

    Args:
        cursor: at its first octet.
        kind: type of the value.
        depth: arrays that it is within.
    Raises:
        Damaged, TooShort: it is none.
    """
    if kind == TEXT:
        cursor.skip(cursor.u64())
    elif kind == ARRAY:
        _array(cursor, depth)
    elif kind == BOOL:
        if cursor.u8() > 1:
            raise Damaged("value-malformed", "a truth value is neither 0 nor 1", cursor.at - 1)
    elif kind in WIDTHS:
        cursor.skip(WIDTHS[kind])
    else:
        raise Damaged("value-type", "it has a value of no type that is known", cursor.at - 4)


def _array(cursor: Cursor, depth: int) -> None:
    kind, count = cursor.u32(), cursor.u64()
    if depth >= DEEPEST:
        raise Damaged("too-deep", "its arrays are nested too deep", cursor.at)
    if kind in WIDTHS and kind != BOOL:
        cursor.skip(WIDTHS[kind] * count)
        return
    least = 1 if kind == BOOL else 8
    if count * least > cursor.left:
        raise Damaged(
            "count-too-large", "it says that an array has more elements than the file has octets", cursor.at
        )
    for _ in range(count):
        pass_value(cursor, kind, depth + 1)


def _tensor(cursor: Cursor) -> tuple[str, int, int]:
    """Return name, offset and octets of a tensor."""
    at = cursor.at
    name = _name(cursor)
    dimensions = cursor.u32()
    if not 0 < dimensions <= MOST_DIMENSIONS:
        raise Damaged("tensor-malformed", f"tensor {shown(name)} has not 1 to 4 dimensions", at)
    shape = [cursor.u64() for _ in range(dimensions)]
    kind, offset = cursor.u32(), cursor.u64()
    if kind not in BLOCKS:
        raise Damaged("tensor-type", f"tensor {shown(name)} is of no type that is known", at)
    elements, size = BLOCKS[kind]
    if shape[0] % elements:
        raise Damaged("tensor-size", f"tensor {shown(name)} has rows that are no whole blocks", at)
    count = 1
    for each in shape:
        count *= each
    return name, offset, count // elements * size


def _covered(cursor: Cursor, places: list[tuple[int, int]], alignment: int) -> None:
    """Hold the tensors against the rest of the file."""
    if places or cursor.left:  # one without tensors may end where its metadata do
        _pad(cursor, alignment)
    data = cursor.at
    for offset, size in sorted(places):
        if data + offset != cursor.at:
            raise Damaged(
                "tensors-apart", "its tensors overlap, or leave octets between them to nobody", data + offset
            )
        cursor.skip(size)
        _pad(cursor, alignment)
    if cursor.left:
        raise Damaged("octets-left", "octets follow its last tensor; nothing belongs there", cursor.at)


def _pad(cursor: Cursor, alignment: int) -> None:
    """Go past zeros up to the next aligned octet."""
    cursor.zeros(-cursor.at % alignment, "tensors")


FORMAT: Final = Format("gguf", knows, read, order=10)
