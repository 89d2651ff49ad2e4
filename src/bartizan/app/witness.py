"""A witness's folder: its two keys, the authority of its server, and what it remembers.

    keys/witness-ed25519.pem   keys/witness-mldsa44.pem   what it cosigns with      witness.pub   their public halves
    keys/server-authority.pem                             what certifies its server      ca.pem   for who connects to it
    witness.db                                            what it has seen

Rules of this file: the folder is made as a whole, once, and nothing in it is ever made anew: keys without what they have
signed would sign anything. No platform is needed, nor a privilege.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from bartizan.app.folder import FolderRefused
from bartizan.clock import Clock
from bartizan.crypto.keyring import KeyUnreadable, load, load_or_create, sync_folder
from bartizan.crypto.secret import Secret
from bartizan.crypto.signature import Algorithm, NotAKey, SigningKey
from bartizan.crypto.x509 import certificate_pem, key_pem, leaf_request, load_key, make_authority, sign_leaf
from bartizan.ledger.cosignature import Cosigner, Witness, parse_witness
from bartizan.ledger.installation import read_small, write_whole
from bartizan.ledger.note import NAME, NoteMalformed
from bartizan.ledger.witness_store import Store, WitnessUnusable, create

KEYS: Final = "witness.pub"
AUTHORITY: Final = "ca.pem"
_KEY_FILES: Final = {
    Algorithm.ED25519: "witness-ed25519.pem",
    Algorithm.ML_DSA_44: "witness-mldsa44.pem",
}
_AUTHORITY_KEY: Final = "server-authority.pem"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]+(/[a-z0-9._-]+)*")
LONGEST: Final = 100
"""Characters of a witness's name."""


class WitnessNameInvalid(ValueError):
    """A name that a witness cannot have; the message says what to type."""


class Installed(msgspec.Struct, frozen=True):
    """A witness as its folder has it.

    Attributes:
        folder: where it lies.
        cosigner: its private keys, and its name.
        store: what it remembers; whoever has this closes it.
    """

    folder: Path
    cosigner: Cosigner
    store: Store


def install(folder: Path, name: str, hosts: tuple[str, ...], clock: Clock) -> Witness:
    """Make a witness in a folder that is not there yet, or is empty; return its public keys.

    Args:
        folder: where; it is there as a whole or not at all.
        name: of the witness, for ever: a URL without its scheme, that its operator has.
        hosts: names and addresses that clients reach its server by.
        clock: validity of certificates starts now.
    Raises:
        WitnessNameInvalid: not such a name.
        FolderRefused: there is something in the folder, or it cannot be made.
    """
    if _NAME.fullmatch(name) is None or NAME.fullmatch(name) is None or len(name) > LONGEST:
        raise WitnessNameInvalid(
            "a witness's name is a URL of yours without scheme, in small letters, such as witness.example.com/w1"
        )
    cosigner = Cosigner(name, *(SigningKey.generate(algorithm) for algorithm in _KEY_FILES))
    try:
        if folder.exists() and any(folder.iterdir()):
            raise FolderRefused(
                f"{folder} is not empty; a witness is made once: name a new folder with --state"
            )
        draft = folder.with_name(f".{folder.name}.{os.getpid()}.new")
        draft.mkdir(mode=0o700, parents=True)
        _fill(draft, cosigner, hosts, clock)
        draft.rename(folder)  # takes the place of an empty one
        sync_folder(folder.parent)
    except FolderRefused:
        raise
    except OSError as fault:
        raise FolderRefused(
            f"cannot use {fault.filename or folder}: {fault.strerror}; name a folder with --state"
        ) from fault
    return cosigner.witness


def _fill(folder: Path, cosigner: Cosigner, hosts: tuple[str, ...], clock: Clock) -> None:
    authority, key = make_authority("server", hosts, clock.now())
    keys: dict[str, Callable[[], Secret]] = {
        _KEY_FILES[Algorithm.ED25519]: cosigner.ed25519.pem,
        _KEY_FILES[Algorithm.ML_DSA_44]: cosigner.ml_dsa_44.pem,
        _AUTHORITY_KEY: lambda: Secret(key_pem(key)),
    }
    for file, pem in keys.items():
        load_or_create(folder / "keys" / file, pem)
    write_whole(folder / ".gitignore", b"*\n")
    write_whole(folder / KEYS, cosigner.witness.encode())
    write_whole(folder / AUTHORITY, certificate_pem(authority))
    create(folder, cosigner.witness, hosts)


def installed(folder: Path) -> Installed:
    """Return the witness of a folder; nothing of it is made where it is missing.

    Raises:
        WitnessUnusable: there is none, or a part of it is lost or another's.
        KeyExposed, KeyUnreadable: a key file cannot be used.
    """
    try:
        name = parse_witness(read_small(folder / KEYS)).name
        cosigner = Cosigner(name, *(_key(folder, algorithm) for algorithm in _KEY_FILES))
    except NoteMalformed as fault:
        raise WitnessUnusable(
            folder / KEYS, "is not there or not a witness's: make one with `bartizan witness init`"
        ) from fault
    return Installed(folder, cosigner, Store(folder, cosigner.witness))


def _key(folder: Path, algorithm: Algorithm) -> SigningKey:
    path = folder / "keys" / _KEY_FILES[algorithm]
    try:
        return SigningKey.from_pem(algorithm, load(path))
    except FileNotFoundError as fault:
        raise WitnessUnusable(
            path, "is lost; restore it, or retire this witness and make a new one"
        ) from fault
    except NotAKey as fault:
        raise KeyUnreadable(path, str(fault)) from fault


def leaf(witness: Installed, clock: Clock) -> tuple[bytes, bytes]:
    """Return a new certificate for the witness's server, and its key, both PEM; it holds for a week.

    Raises:
        KeyExposed, KeyUnreadable, WitnessUnusable: its authority cannot be used.
    """
    hosts = witness.store.hosts
    try:
        key = load_key(load(witness.folder / "keys" / _AUTHORITY_KEY).reveal())
        authority = x509.load_pem_x509_certificate(read_small(witness.folder / AUTHORITY))
    except (FileNotFoundError, ValueError) as fault:
        raise WitnessUnusable(witness.folder / AUTHORITY, "or its key is lost; restore both") from fault
    leaf_key, request = leaf_request(hosts)
    return sign_leaf(authority, key, request, hosts, clock.now()), leaf_key
