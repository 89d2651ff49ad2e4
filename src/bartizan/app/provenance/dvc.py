"""DVC's files read as steps: `*.dvc` as data that came in, the stages of `dvc.lock` as what was made out of it.

Source: DVC 3, `.dvc` and `dvc.lock` files (schema 2.0), MD5 of files, and of the list of a folder's files.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bartizan.app.provenance.imported import (
    Artifact,
    Imported,
    NotImported,
    artifact,
    below,
    likely,
    rows,
    table,
    told,
    tree,
)
from bartizan.printable import printable
from bartizan.supply.provenance.step import Kind, Origin, Stage, Step

LOCK: Final = "dvc.lock"
_SUFFIX: Final = ".dvc"
_SCHEMA: Final = "2.0"
_FOLDER: Final = ".dir"
_PIECE: Final = 1 << 20
_NO_TIME: Final = (0, 0)
"""DVC writes down no times."""
Rows = list[Mapping[str, object]]


def steps(folder: Path) -> Imported:
    """Return the steps that DVC's files in a folder tell; folders in it are not looked into.

    Args:
        folder: where `dvc.lock` and `*.dvc` lie.
    Raises:
        OSError: the folder cannot be read.
    """
    found = Imported([], [])
    for name, stage, outs, deps in _stages(folder, found):
        try:
            found.steps.append(_told(folder, stage, outs, deps))
        except NotImported as fault:
            found.refused.append((name, str(fault)))
    return found


def _stages(folder: Path, found: Imported) -> Iterator[tuple[str, Stage | None, Rows, Rows]]:
    """Yield name, kind of step (None where its products say), products and materials of each step."""
    for file in sorted(folder.iterdir()):
        single = file.suffix == _SUFFIX and file.is_file()
        if not single and file.name != LOCK:
            continue
        try:
            told_there = tree(file)
        except NotImported as fault:
            found.refused.append((printable(file.name), str(fault)))
            continue
        if single and not rows(told_there.get("outs")):
            found.refused.append((printable(file.name), "tells of no file"))
        elif single:
            yield printable(file.name), Stage.INGEST, rows(told_there.get("outs")), []
        elif told_there.get("schema") != _SCHEMA:
            found.refused.append(
                (LOCK, f"is not of the form of DVC 3 (schema {_SCHEMA}); let `dvc commit` write it anew")
            )
        else:
            for name, stage in table(told_there.get("stages")).items():
                parts = table(stage)
                yield printable(f"{LOCK}: {name}"), None, rows(parts.get("outs")), rows(parts.get("deps"))


def _told(folder: Path, stage: Stage | None, outs: Rows, deps: Rows) -> tuple[Step, dict[str, str]]:
    products = [_artifact(folder, one, product=True) for one in outs]
    materials = [_artifact(folder, one, product=False) for one in deps]
    trains = any(one.kind is Kind.MODEL for one in products)
    return told(
        stage or (Stage.TRAIN if trains else Stage.TRANSFORM), materials, products, _NO_TIME, Origin.DVC
    )


def _artifact(folder: Path, one: Mapping[str, object], *, product: bool) -> Artifact:
    """Return an artifact that DVC tells of, if it is still what DVC says.

    Raises:
        NotImported: it is not there, or not that.
    """
    place = below(folder, one.get("path"))
    found = artifact(place, likely(place.name, product=product))
    said = str(one.get("md5", ""))
    if (_md5_of_folder(place) if place.is_dir() else _md5(place)) != said:
        raise NotImported(
            f"{printable(place.name)} is not what DVC knows it by; `dvc status` says more, `dvc checkout` brings back what it was"
        )
    if artifact(place, found.kind).read.digest != found.read.digest:
        raise NotImported(f"{printable(place.name)} changed meanwhile; import again")
    return found


def _md5(file: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _md5_of_folder(folder: Path) -> str:
    """Return what DVC knows a folder by: the MD5 of the list of its files, in JSON."""
    files = sorted(place.relative_to(folder).as_posix() for place in folder.rglob("*") if place.is_file())
    listed = [{"md5": _md5(folder / name), "relpath": name} for name in files]
    return (
        hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + _FOLDER
    )
