"""`bartizan verify ...`: say whether a file or folder is what was signed."""

import argparse
from typing import Final

from bartizan.app import artifacts
from bartizan.app.artifacts import Kept
from bartizan.app.folder import Folder
from bartizan.artifact.compare import Word
from bartizan.artifact.dsse import MOST_OCTETS
from bartizan.artifact.keys import Verifier
from bartizan.cli.command import (
    Command,
    Exit,
    Shell,
    UsageInvalid,
    json_option,
    naming,
    path,
    state_options,
)
from bartizan.cli.place import near, state
from bartizan.cli.screen import table
from bartizan.supply.sign import beside, sidecar
from bartizan.supply.verify import Verified, verify, verify_bundle

_SHOWN: Final = 100


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    key = "of who is trusted: of `bartizan sign-key`, or an EC key in PEM; default: the platform's"
    add("path", metavar="PATH", type=path, help="a file or a folder")
    add("--public-key", type=path, metavar="FILE", help=key)
    add("--attestation", type=path, metavar="FILE", help="of `bartizan sign`; default: PATH.intoto.json")
    add(
        "--openssf",
        type=path,
        metavar="FILE",
        help="verify an OpenSSF model signature instead, with FILE.pq beside it",
    )
    add("--classical", action="store_true", help="do without FILE.pq, for signatures of other tools")
    add("--accept-outside", action="store_true", help="name what the signature leaves out, and let it pass")
    add("--keep", action="store_true", help='have the schedule "artifacts" verify it again and again')
    add("--forget", action="store_true", help="do not verify it again and again any more, nor now")
    state_options(parser)
    json_option(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    if arguments.forget:
        return _forgotten(artifacts.forget(folder, arguments.path), arguments, shell)
    if arguments.keep and (arguments.openssf is not None or not folder.keys.is_dir()):
        raise UsageInvalid("--keep is for attestations, and needs a platform's state folder: see --state")
    with naming(arguments.path):
        arguments.path.stat()
    verifier = _verifier(arguments, folder)
    found = _verified(arguments, verifier)
    if arguments.keep and found.holds:
        _keep(arguments, verifier, folder)
    on_record = artifacts.record_verified(
        folder, found, "attestation" if arguments.openssf is None else "openssf"
    )
    passes = _passes(found, accept=arguments.accept_outside)
    if arguments.json:
        shell.out.document(_document(found, passes=passes) | {"key": verifier.id, "on_record": on_record})
    else:
        shell.out.line(_told(found, near(arguments.path, shell.folder), passes=passes))
        shell.out.line(f"trusted key {verifier.id}")
    return Exit.CLEAN if passes else Exit.FINDINGS


def _verifier(arguments: argparse.Namespace, folder: Folder) -> Verifier:
    """Return whom is trusted; the private file is asked, for a folder that was fetched can bring a public one along."""
    if arguments.public_key is not None:
        return artifacts.load_verifier(arguments.public_key)
    if not folder.artifact_key.exists():
        raise UsageInvalid("there is no platform here that signs; name whom you trust with --public-key FILE")
    if folder.artifact_key.resolve().is_relative_to(arguments.path.resolve()):
        raise UsageInvalid(
            "the platform's keys lie in PATH itself: name whom you trust with --public-key FILE"
        )
    return artifacts.load_signer(folder.artifact_key)[0].verifier


def _verified(arguments: argparse.Namespace, verifier: Verifier) -> Verified:
    if arguments.openssf is None:
        file = arguments.attestation or beside(arguments.path)
        octets = artifacts.read(file, MOST_OCTETS, "there is no attestation; name it with --attestation FILE")
        return verify(arguments.path, octets, verifier)
    bundle = artifacts.read(arguments.openssf, MOST_OCTETS, "there is no such signature")
    if arguments.classical:
        return verify_bundle(arguments.path, bundle, None, verifier)
    missing = "there is no post-quantum signature; --classical does without"
    pair = artifacts.read(sidecar(arguments.openssf), MOST_OCTETS, missing)
    return verify_bundle(arguments.path, bundle, pair, verifier)


def _passes(found: Verified, *, accept: bool) -> bool:
    counted = [one for one in found.differences if not (accept and one.word is Word.OUTSIDE)]
    return not found.fault and not counted


def _keep(arguments: argparse.Namespace, verifier: Verifier, folder: Folder) -> None:
    attestation = arguments.attestation or beside(arguments.path)
    artifacts.keep(folder, Kept(str(arguments.path), str(attestation), verifier.pem().decode()))


def _forgotten(was: bool, arguments: argparse.Namespace, shell: Shell) -> Exit:  # noqa: FBT001 - one word
    if arguments.json:
        shell.out.document({"forgotten": was})
    else:
        shell.out.line("it is not verified again any more" if was else "it was not kept")
    return Exit.CLEAN


def _document(found: Verified, *, passes: bool) -> dict[str, object]:
    return {
        "verified": passes,
        "name": found.name,
        "sha256": found.digest,
        "signatures": list(found.signatures),
        "files": found.files,
        "fault": found.fault,
        "differences": [
            {"name": one.name, "is": one.word.value, "what": one.what} for one in found.differences
        ],
    }


def _told(found: Verified, where: str, *, passes: bool) -> str:
    if found.fault:
        return f"NOT VERIFIED {where}: {found.fault}"
    rows = [(one.word.value, one.name, one.what) for one in found.differences[:_SHOWN]]
    more = len(found.differences) - len(rows)
    lines = [
        f"{'verified' if passes else 'NOT VERIFIED'} {where}: {found.files} file{'' if found.files == 1 else 's'}, signed as {found.name}",
        f"sha256 {found.digest}; signatures {', '.join(found.signatures)}",
        *([table(rows)] if rows else []),
        *([f"... and {more} differences more; --json names them all"] if more else []),
    ]
    return "\n".join(lines)


COMMAND = Command(
    "verify",
    "Acts on PATH: verifies who signed it, then reads every file in it. No platform need run; where one runs, what was\n"
    "found is an entry of its record. Every difference is named: changed, missing, added, renamed, of another type, or\n"
    "outside of what the signature covers.\n"
    "Ends with 0 where PATH is what was signed, 1 where it is not, 2 for bad usage, 3 where that cannot be told.",
    _arguments,
    _run,
)
