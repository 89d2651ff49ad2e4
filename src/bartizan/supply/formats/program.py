"""Programs and compiled code: no loader of models needs them, and whatever opens them by their format runs them."""

from typing import Final

from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Reason, Standing

_MAGIC: Final = {
    b"\x7fELF": "elf",
    b"\xfe\xed\xfa\xce": "mach-o",
    b"\xfe\xed\xfa\xcf": "mach-o",
    b"\xce\xfa\xed\xfe": "mach-o",
    b"\xcf\xfa\xed\xfe": "mach-o",
    b"\xca\xfe\xba\xbe": "mach-o-or-java",
    b"\0asm\1\0\0\0": "webassembly",
    b"dex\n": "dex",
}
_PYTHON: Final = b"\r\n"
"""Third and fourth octet of compiled Python. Source: importlib's MAGIC_NUMBER."""
_OLDEST, _NEWEST = 3000, 4999
"""What the first two octets of compiled Python 3 are between."""
_FLAGS: Final = 3
_PE_AT: Final = 0x3C


def knows(octets: Octets) -> bool:
    """Return whether a file is one of them."""
    return bool(_name(octets))


def _name(octets: Octets) -> str:
    known = next((name for magic, name in _MAGIC.items() if octets.begins(magic)), "")
    if known:
        return known
    if octets.begins(b"MZ") and octets.begins(
        b"PE\0\0", int.from_bytes(octets.view[_PE_AT : _PE_AT + 4], "little")
    ):
        return "pe"
    version, flags = (int.from_bytes(octets.view[at : at + 2], "little") for at in (0, 4))
    if octets.begins(_PYTHON, 2) and _OLDEST <= version <= _NEWEST and flags <= _FLAGS:
        return "python-bytecode"
    return ""


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return that it is code."""
    del budget, look
    what = "it is compiled code, which a scan cannot prove harmless; leave it out, or build it from sources that you have read"
    return Read((Reason("compiled-code", what, Standing.CODE),), _name(octets))


FORMAT = Format("program", knows, read, order=84)
