"""Who has cosigned the record: witnesses that are named on the command line of `bartizan ledger verify`, or configured."""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

from bartizan.cli.command import Shell, UsageInvalid, path, whole
from bartizan.cli.ledger_keys import FileUnreadable, small
from bartizan.config import ConfigurationFault
from bartizan.ledger.checkpoint import CheckpointMalformed, Verifiers, parse_point
from bartizan.ledger.cosignature import MOST_WITNESSES, Witness, parse_witness, words
from bartizan.ledger.note import NoteMalformed


class Vouched(NamedTuple):
    """What witnesses say of a ledger.

    Attributes:
        known: how many are known by their keys.
        wanted: how many of them must have cosigned one checkpoint.
        names: of those that did; as many as are wanted, or none.
        size: entries that it covers.
        note: the checkpoint; empty where none has enough.
        configured: whether their keys are those of the configuration rather than of the command line.
    """

    known: int = 0
    wanted: int = 0
    names: tuple[str, ...] = ()
    size: int = 0
    note: bytes = b""
    configured: bool = False

    @property
    def unmet(self) -> bool:
        """Whether witnesses were named and have not cosigned: else who strips their lines is asked no question."""
        return self.known > 0 and not self.configured and not self.note

    @property
    def lines(self) -> list[str]:
        """What is to be said of it, for people, where the record is intact."""
        if not self.known:
            return []
        if not self.note:
            return [f"no checkpoint here is cosigned by {self.wanted} of the {self.known} witnesses"]
        said = f"cosigned: the first {self.size} entries, by {', '.join(self.names)}"
        own = (
            "their keys are those that bartizan.toml names: give those that you have from them with --witness"
        )
        return [said, *([own] if self.configured else [])]

    @property
    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "cosigned": self.size,
            "witnesses": list(self.names),
            "witness_keys": "configured" if self.configured else "given" if self.known else "none",
        }


def vouched(arguments: argparse.Namespace, shell: Shell, keys: Verifiers, notes: list[bytes]) -> Vouched:
    """Return what witnesses say of a ledger.

    Args:
        arguments: of the command line.
        shell: the working folder, where the configuration is.
        keys: the ledger's own.
        notes: its checkpoints that may be cosigned; empty ones are passed over.
    Raises:
        FileUnreadable: a file that is named holds no witness's keys.
        UsageInvalid: more are to have cosigned than are known.
    """
    given = {witness.keys[0].key.raw: witness for witness in map(_witness, arguments.witness)}
    known, quorum = tuple(given.values()), arguments.quorum or 0
    if not given:
        known, configured = _configured(arguments, shell)
        quorum = quorum or configured
    if quorum > len(known):
        raise UsageInvalid(f"--quorum {quorum} of {len(known)} witnesses: name each with --witness")
    none = Vouched(len(known), quorum or len(known), configured=bool(known) and not given)
    found = [_among(known, none, keys, note) for note in notes if note]
    return max([none, *found], key=lambda one: one.size)


def _among(known: tuple[Witness, ...], none: Vouched, keys: Verifiers, note: bytes) -> Vouched:
    """Return who of the known witnesses has cosigned a checkpoint, where they are enough."""
    try:
        point, signed = parse_point(note)
    except CheckpointMalformed:
        return none
    names = tuple(sorted(words(known, point, signed)))
    if not names or len(names) < none.wanted or point.origin != keys.origin:
        return none
    return none._replace(names=names, size=point.size, note=note)


def _witness(file: Path) -> Witness:
    try:
        return parse_witness(small(file))
    except NoteMalformed as fault:
        raise FileUnreadable(file, f"it holds no keys of a witness: {fault.fault}") from fault


def _configured(arguments: argparse.Namespace, shell: Shell) -> tuple[tuple[Witness, ...], int]:
    """Return the configured witnesses and how many of them must cosign; a faulty configuration names none."""
    from bartizan.app.witness_settings import keys as configured_keys  # noqa: PLC0415 - few commands need settings
    from bartizan.cli.settled import configuration  # noqa: PLC0415 - as above

    try:
        found = configuration(arguments, shell)
        known = tuple(configured_keys(one, found.folder) for one in found.sections.witness)
    except (ConfigurationFault, NoteMalformed):
        return (), 0
    return known, found.sections.ledger.witnesses or 0


def witness_options(parser: argparse.ArgumentParser) -> None:
    """Declare `--witness` and `--quorum`."""
    parser.add_argument(
        "--witness",
        type=path,
        action="append",
        default=[],
        metavar="FILE",
        help="public keys of a witness, from its operator; may be given again; default: those configured",
    )
    parser.add_argument(
        "--quorum",
        type=whole(1, MOST_WITNESSES),
        metavar="N",
        help="how many of them must have cosigned; default: all, or as configured",
    )
