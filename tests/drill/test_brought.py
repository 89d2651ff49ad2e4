"""What the drill makes of what the product's commands say of files; the commands are played, as each of them can end."""

import json
from pathlib import Path

import msgspec
import pytest

from bartizan.drill.attack import GotThrough, Held, Outcome, Undecided
from bartizan.drill.brought import changed_unnoticed, taken_for_data
from bartizan.drill.target import Said, Target
from tests.drill.scene import Record

INERT, UNKNOWN = "proven-inert", "not-understood"


def target(*said: Said) -> Target:
    """Return a target whose commands end like this, one after another."""
    left = iter(said)
    return msgspec.structs.replace(Record().target(), command=lambda _words, _folder: next(left))


def scanned(code: int, **verdicts: str) -> Said:
    return Said(
        code, "\n".join(json.dumps({"path": path, "verdict": word}) for path, word in verdicts.items())
    )


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (scanned(3, sound=INERT, bad=UNKNOWN), Held),
        (scanned(0, sound=INERT, bad=INERT), GotThrough),
        (scanned(1, sound=INERT, bad=INERT), GotThrough),
        (scanned(0, sound=INERT, bad=UNKNOWN), GotThrough),
        (scanned(3, sound=UNKNOWN, bad=UNKNOWN), Undecided),
        (scanned(3, sound=INERT), Undecided),
        (Said(2, ""), Undecided),
    ],
)
def test_a_scan_holds_where_it_tells_the_sound_file_from_the_others(
    said: Said, outcome: type[Outcome]
) -> None:
    assert isinstance(taken_for_data(target(said), {"sound": b""}, {"bad": b""}), outcome)


def verified(code: int, *names: str) -> Said:
    return Said(code, json.dumps({"differences": [{"name": name} for name in names]}))


FINE = Said(0, "")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ((FINE, FINE, FINE, verified(1, "a")), Held),
        ((FINE, FINE, FINE, verified(1, "b", "a")), Held),
        ((FINE, FINE, FINE, verified(1, "b")), GotThrough),
        ((FINE, FINE, FINE, verified(0)), GotThrough),
        ((FINE, FINE, FINE, Said(3, "")), Undecided),
        ((FINE, FINE, Said(1, "")), Undecided),
        ((FINE, Said(2, "")), Undecided),
        ((Said(3, ""),), Undecided),
    ],
)
def test_a_signature_holds_where_what_was_changed_is_named(
    said: tuple[Said, ...], outcome: type[Outcome]
) -> None:
    changed: list[Path] = []

    def change(folder: Path) -> str:
        assert (folder / "sub/a").read_bytes() == b"1"
        changed.append(folder)
        return "a"

    assert isinstance(changed_unnoticed(target(*said), {"sub/a": b"1"}, change), outcome)
    assert len(changed) == (len(said) == 4)  # what cannot be verified untouched is not changed
