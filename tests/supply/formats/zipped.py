"""Archives as Keras and skops write them, made anew with other members."""

import io
import zipfile
from collections.abc import Mapping

from tests.supply.formats.made import made


def members(octets: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(found: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as out:
        for name, octets in found.items():
            out.writestr(zipfile.ZipInfo(name), octets)
    return written.getvalue()


def changed(name: str, member: str, old: bytes, new: bytes) -> bytes:
    """Return a real archive in which a member says something else."""
    found = members(made(name))
    assert old in found[member]
    return archive({**found, member: found[member].replace(old, new)})
