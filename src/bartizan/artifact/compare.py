"""What is different between an artifact as it was signed and as it lies there: every difference by name."""

import enum
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bartizan.artifact.manifest import Entry, Manifest

_SHARDS_SHOWN: Final = 3


class Word(enum.Enum):
    """Kinds of difference."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    RENAMED = "renamed"
    TYPE_CHANGED = "type-changed"
    REFUSED = "refused"
    """It is there, and can be part of no manifest."""
    OUTSIDE = "outside"
    """It is there, and its signature says that it does not cover it."""


class Difference(msgspec.Struct, frozen=True):
    """One difference.

    Attributes:
        name: of what was signed; of what is there, where it was not.
        word: which kind.
        what: more of it, for people; may be empty.
    """

    name: str
    word: Word
    what: str = ""


def differences(
    signed: Manifest, there: Manifest, refused: Sequence[tuple[str, str]] = ()
) -> tuple[Difference, ...]:
    """Return every difference, by name.

    Args:
        signed: the manifest as it was signed.
        there: what lies there now, with the same digests and shards.
        refused: names of what lies there and can be told in no manifest, and why.
    """
    was = {entry.name: entry for entry in signed.entries}
    now = {entry.name: entry for entry in there.entries}
    gone = {name: was[name] for name in was.keys() - now.keys()}
    new = {name: now[name] for name in now.keys() - was.keys()}
    told = [Difference(name, Word.REFUSED, why) for name, why in refused]
    named = {name for name, _ in refused}
    moved = dict(_moved(gone, new))
    told += [Difference(name, Word.RENAMED, f"to {other}") for name, other in moved.items()]
    told += [Difference(name, Word.MISSING, _kind(gone[name])) for name in gone.keys() - moved.keys() - named]
    told += [
        Difference(name, Word.ADDED, _kind(new[name])) for name in new.keys() - set(moved.values()) - named
    ]
    holders: dict[object, str] = {
        _content(entry): entry.name for entry in signed.entries if entry.kind == "file"
    }
    for name in was.keys() & now.keys() - named:
        told += _changed(was[name], now[name], signed.shard, holders)
    return tuple(sorted(told, key=lambda one: (one.name, one.word.value)))


def _kind(entry: Entry) -> str:
    return {"file": "", "folder": "a folder", "link": f"a symbolic link to {entry.target}"}[entry.kind]


def _content(entry: Entry) -> tuple[str, int, str, tuple[str, ...], str]:
    return entry.kind, entry.octets, entry.sha256, entry.blake3, entry.target


def _moved(gone: Mapping[str, Entry], new: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """Yield old and new name of what lies under another one: of the same kind and content, and not empty."""
    by_content: dict[object, list[str]] = defaultdict(list)
    for name in sorted(new, reverse=True):
        by_content[_content(new[name])].append(name)
    for name in sorted(gone):
        entry = gone[name]
        candidates = by_content[_content(entry)] if entry.octets or entry.target else []
        if candidates:
            yield name, candidates.pop()


def _changed(was: Entry, now: Entry, shard: int, holders: Mapping[object, str]) -> Iterator[Difference]:
    if was.kind != now.kind:
        yield Difference(was.name, Word.TYPE_CHANGED, f"a {was.kind} then, a {now.kind} now")
    elif was.target != now.target:
        yield Difference(was.name, Word.CHANGED, f"points to {now.target}, not to {was.target}")
    elif was != now:
        yield Difference(was.name, Word.CHANGED, _content_told(was, now, shard, holders))


def _content_told(was: Entry, now: Entry, shard: int, holders: Mapping[object, str]) -> str:
    holder = holders.get(_content(now))
    if holder is not None and now.octets:
        return f"holds what {holder} was signed with"
    if was.octets != now.octets:
        return f"{now.octets} octets, not {was.octets}"
    if len(was.blake3) < 2:  # noqa: PLR2004 - one shard is the whole file
        return ""
    pairs = zip(was.blake3, now.blake3, strict=True)
    wrong = [number for number, (one, other) in enumerate(pairs) if one != other]
    shown = ", ".join(
        f"{number * shard} to {min(was.octets, (number + 1) * shard)}" for number in wrong[:_SHARDS_SHOWN]
    )
    return f"in octets {shown}" + (
        f" and {len(wrong) - _SHARDS_SHOWN} shards more" if len(wrong) > _SHARDS_SHOWN else ""
    )
