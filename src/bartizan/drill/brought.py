"""Files that are brought from outside, and what the product's commands say of them.

Rules of this file: a file of an attack does no harm where it is loaded after all. A sound one of the same kind goes with each
attack: where that is not let pass either, it tells nothing that the others are not.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bartizan.drill.attack import GotThrough, Held, Outcome, Undecided
from bartizan.drill.target import Target

_INERT = "proven-inert"
_STATE = ("--state", "nowhere")
"""Where no platform is: nothing of it goes on record, and no key of a platform signs it."""
_MODEL, _KEY, _PUBLIC = "model", "keys.pem", "keys.pem.pub"
_DIFFERS = 1
"""Exit code of `bartizan verify` where something is not what was signed."""


def taken_for_data(target: Target, sound: Mapping[str, bytes], hostile: Mapping[str, bytes]) -> Outcome:
    """Return whether `bartizan scan` takes a file for one that holds data and nothing else.

    Args:
        target: whose command it is.
        sound: name of a file that is so -> its octets.
        hostile: name of a file that is not -> its octets; the name tells people what it is.
    """
    with tempfile.TemporaryDirectory(prefix="bartizan-brought-") as name:
        folder = Path(name)
        for file, octets in (*sound.items(), *hostile.items()):
            (folder / file).write_bytes(octets)
        said = target.command(("scan", "--json", *_STATE, *sound, *hostile), folder)
    verdicts = {one["path"]: one["verdict"] for one in map(json.loads, said.printed.splitlines())}
    if verdicts.keys() != sound.keys() | hostile.keys():
        return Undecided(f"the scan ended with {said.code} and said nothing of some files")
    if any(verdicts[file] != _INERT for file in sound):
        return Undecided(
            "a sound file of the kind is not proven inert, so nothing can be said of hostile ones"
        )
    through = [file for file in hostile if verdicts[file] == _INERT]
    if through:
        return GotThrough(f"{through[0]} was taken for data")
    if not said.code:
        return GotThrough("the scan of hostile files ended as that of sound ones does")
    return Held(f"{len(hostile)} files not taken for data, one sound one is")


def changed_unnoticed(target: Target, files: Mapping[str, bytes], change: Callable[[Path], str]) -> Outcome:
    """Return whether `bartizan verify` names what was changed in a folder since it was signed.

    Args:
        target: whose commands they are.
        files: name of a file of the folder -> its octets.
        change: changes the folder that it gets, and returns the name of the file that it did so to.
    """
    with tempfile.TemporaryDirectory(prefix="bartizan-brought-") as name:
        folder = Path(name)
        for file, octets in files.items():
            (folder / _MODEL / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / _MODEL / file).write_bytes(octets)
        verify = ("verify", "--json", *_STATE, "--public-key", _PUBLIC, _MODEL)
        signing = (("sign-key", _KEY), ("sign", *_STATE, "--key", _KEY, _MODEL), verify)
        for words in signing:
            if code := target.command(words, folder).code:
                return Undecided(f"`bartizan {words[0]}` of an untouched folder ended with {code}")
        wrong = change(folder / _MODEL)
        said = target.command(verify, folder)
    if not said.code:
        return GotThrough(f"{wrong} is not what was signed, and was not noticed")
    if said.code != _DIFFERS:
        return Undecided(f"`bartizan verify` ended with {said.code}")
    named = [one["name"] for one in json.loads(said.printed)["differences"]]
    if wrong not in named:
        return GotThrough(f"{wrong} is not what was signed, and was not named")
    return Held(f"{wrong} was named")
