"""`bartizan sign ...`: sign a model, a data set or any other file or folder."""

import argparse
from pathlib import Path
from typing import Final

from bartizan.app import artifacts
from bartizan.app.folder import Folder
from bartizan.artifact.inventory import BOTH
from bartizan.artifact.manifest import Algorithm
from bartizan.cli.command import (
    Command,
    Exit,
    Shell,
    UsageInvalid,
    json_option,
    naming,
    new_file,
    path,
    state_options,
)
from bartizan.cli.place import near, state
from bartizan.clock import SystemClock
from bartizan.supply.sign import Order, Signed, beside, sign

_DIGESTS: Final[dict[str, tuple[Algorithm, ...]]] = {
    "both": BOTH,
    "blake3": ("blake3",),
    "sha256": ("sha256",),
}
_SHOWN: Final = 20


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("path", metavar="PATH", type=path, help="a file, or a folder with everything in it")
    add(
        "--key",
        type=path,
        metavar="FILE",
        help="private keys of `bartizan sign-key`; default: the platform's",
    )
    add("--output", type=new_file, metavar="FILE", help="the attestation; default: PATH.intoto.json")
    add(
        "--openssf",
        type=new_file,
        metavar="FILE",
        help="write an OpenSSF model signature too, and FILE.pq beside it",
    )
    add("--digest", choices=[*_DIGESTS], default="both", help="of each file; default: both")
    add(
        "--no-cache",
        action="store_true",
        help="read every file, also those that did not change since they were signed",
    )
    state_options(parser)
    json_option(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    key = _key(arguments.key, folder)
    signer, secret = artifacts.load_signer(key)
    with naming(arguments.path):
        arguments.path.stat()
    order = _order(arguments, key)
    if not arguments.no_cache:
        order = order.known(artifacts.known(key, secret))
    signed = sign(arguments.path, order, signer, SystemClock().now())
    cached = artifacts.remember(key, secret, signed.rows)
    on_record = artifacts.record_signed(folder, signed)
    if arguments.json:
        shell.out.document(_document(signed) | {"cached": cached, "on_record": on_record})
    else:
        shell.out.line(_told(signed, shell.folder, on_record=on_record))
    return Exit.CLEAN


def _key(named: Path | None, folder: Folder) -> Path:
    if named is not None:
        return named
    if not folder.keys.is_dir():
        raise UsageInvalid(
            "there is no platform here whose keys could sign; make some with `bartizan sign-key FILE`, and name them with --key FILE"
        )
    if not folder.artifact_key.exists():
        artifacts.make_keys(folder.artifact_key)
    return folder.artifact_key


def _order(arguments: argparse.Namespace, key: Path) -> Order:
    algorithms = _DIGESTS[arguments.digest]
    if arguments.openssf is not None and "sha256" not in algorithms:
        raise UsageInvalid("an OpenSSF model signature is made of SHA-256: leave --digest out")
    return Order(
        arguments.output or beside(arguments.path),
        arguments.openssf,
        algorithms,
        (key, artifacts.cache_file(key)),
    )


def _document(signed: Signed) -> dict[str, object]:
    return {
        "name": signed.name,
        "sha256": signed.digest,
        "key": signed.signer,
        "files": signed.files,
        "octets": signed.octets,
        "hashed": signed.hashed,
        "written": [str(file) for file in signed.written],
        "openssf_leaves_out": list(signed.left_out),
    }


def _told(signed: Signed, here: Path, *, on_record: bool) -> str:
    lines = [
        f"signed {signed.name}: {signed.files} file{'' if signed.files == 1 else 's'}, {signed.octets} octets, {signed.hashed} read",
        f"sha256 {signed.digest}",
        *(f"wrote {near(file, here)}" for file in signed.written),
        *(
            f"the OpenSSF signature does not cover {name}; the attestation does"
            for name in signed.left_out[:_SHOWN]
        ),
    ]
    if len(signed.left_out) > _SHOWN:
        lines.append(f"... nor {len(signed.left_out) - _SHOWN} files more; --json names them all")
    return "\n".join([*lines, *(["on record"] if on_record else [])])


COMMAND = Command(
    "sign",
    "Acts on PATH: tells every file in it, hidden ones too, by its digests, and signs that with Ed25519 and ML-DSA-65.\n"
    "No platform need run where --key names a key; where one runs, what was signed is an entry of its record.\n"
    "Ends with 0, 2 where PATH has something that cannot be signed, which is named, 3 where something cannot be read.",
    _arguments,
    _run,
)
