"""What `bartizan ledger` does against loss: backups, and putting a damaged ledger together again.

Rules of this file: parses, calls one function, shows.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bartizan.app.folder import Folder
from bartizan.cli.command import Exit, Shell, path
from bartizan.cli.ledger_keys import FileUnreadable, keys_for, small
from bartizan.cli.place import near
from bartizan.clock import SystemClock
from bartizan.crypto.keyring import load
from bartizan.crypto.secret import Secret
from bartizan.crypto.signature import Algorithm, NotAKey, SigningKey, VerifyingKey
from bartizan.ledger.backup import backup
from bartizan.ledger.checkpoint import Verifiers
from bartizan.ledger.event import Outcome
from bartizan.ledger.installation import KEY_FILES, write_whole
from bartizan.ledger.own import own_segment
from bartizan.ledger.restore import Restored, restore
from bartizan.ledger.restore_refusal import RememberedOther


def run_backup(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
    """Copy the ledger and verify the copy."""
    to: Path = arguments.folder
    private = Folder(ledger.parent).keys if arguments.private_keys else None
    found = backup(ledger, keys_for(ledger, None), to, private)
    if arguments.json:
        said = {
            "entries": found.entries,
            "signed": found.signed,
            "intact": found.intact,
            "faults": found.count,
        }
        shell.out.document(said)
    elif found.intact:
        shell.out.line(f"{found.entries} entries, verified, in {near(to, shell.folder)}")
        if private is not None:
            shell.out.line(
                "the ledger's private keys are with them: whoever has this folder can sign another history"
            )
    else:
        shell.out.line(
            f"NOT BACKED UP: the copy has {found.count} faults, as the ledger has; see `bartizan ledger verify`"
        )
    return Exit.CLEAN if found.intact else Exit.FINDINGS


def run_restore(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
    """Put the ledger together again, and say in it that this was done."""
    audited = Folder(ledger.parent).audited
    kept = [*arguments.checkpoint, *([audited] if audited.exists() else [])]
    try:
        done = restore(ledger, arguments.sources, [small(file) for file in kept])
    except RememberedOther as fault:
        raise FileUnreadable(kept[fault.number], fault.fault) from fault
    signs = done.whole and _has_keys(Folder(ledger.parent).keys, arguments.sources, keys_for(ledger, None))
    if signs:
        detail: dict[str, int | str] = {"entries": done.entries, "lost": done.lost}
        with own_segment(ledger.parent, SystemClock()) as journal:
            journal.record("ledger.tree.restored", "owner", "", Outcome.DONE, "", detail)
    if arguments.json:
        shell.out.document({**msgspec.to_builtins(done), "recorded": signs})
    else:
        shell.out.line("\n".join(_said(done, shell.folder, signs=signs)))
    return Exit.CLEAN if done.whole and not done.lost else Exit.FINDINGS


def _has_keys(own: Path, sources: Sequence[Path], keys: Verifiers) -> bool:
    """Return whether the ledger's private keys are here, those of a backup among them, which are put in their place."""
    public = {Algorithm.ED25519: keys.ed25519, Algorithm.ML_DSA_44: keys.ml_dsa_44}
    for algorithm, name in KEY_FILES.items():
        kept = [] if (own / name).exists() else [source / "keys" / name for source in sources]
        for file in filter(Path.is_file, kept):
            pem = load(file)
            if _is_half(pem, algorithm, public[algorithm]):
                write_whole(own / name, pem.reveal())
                break
    return all((own / name).is_file() for name in KEY_FILES.values())


def _is_half(pem: Secret, algorithm: Algorithm, public: VerifyingKey) -> bool:
    """Return whether a private key is the other half of this one, and not that of another ledger's backup."""
    try:
        return SigningKey.from_pem(algorithm, pem).verifying.raw == public.raw
    except NotAKey:
        return False


def _said(done: Restored, here: Path, *, signs: bool) -> Sequence[str]:
    if not done.whole:
        return [
            f"NOT RESTORED: {done.entries} entries fit together, and they do not continue the {done.signed} that were signed.",
            "Nothing was changed. Name a better backup or export with --from; where there is none, keep the folder as",
            "evidence, move it away, and the next start begins a new ledger under a new name.",
        ]
    lines = [f"restored: {done.entries} entries, which continue all {done.signed} that were ever signed"]
    if done.lost:
        lines.append(f"of {done.lost} of them the body is nowhere; their hashes keep the tree whole")
    if done.evidence:
        lines.append(f"what was there before is kept as {near(Path(done.evidence), here)}")
    if not signs:
        lines.append("nothing can be added to it here: its private keys are missing")
    return lines


def add_arguments(actions: Any) -> list[argparse.ArgumentParser]:  # noqa: ANN401 - argparse has no public type for it
    """Declare both actions; return their parsers."""
    saved = actions.add_parser(
        "backup", help="copy the record as it stands, also while the platform runs, and verify the copy"
    )
    saved.add_argument("folder", type=path, metavar="FOLDER", help="where; empty, or not there yet")
    saved.add_argument(
        "--private-keys",
        action="store_true",
        help="the signing keys too: a machine that is lost cannot sign on without them",
    )
    again = actions.add_parser(
        "restore", help="put a damaged or lost record together again; the platform must not be running"
    )
    again.add_argument(
        "--from",
        dest="sources",
        type=path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="a backup or an export to take from as well; may be given more than once",
    )
    again.add_argument(
        "--checkpoint",
        type=path,
        action="append",
        default=[],
        metavar="FILE",
        help="one that was kept elsewhere: what it covers must be there again",
    )
    return [saved, again]
