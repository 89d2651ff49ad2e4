"""MLflow's runs read as steps, out of its folders of files (`mlruns`), without MLflow.

Only runs that finished count. What goes in is the data sets that were logged as inputs, as far as they are local files, and the program that the run names, each as it is now;
what comes out is the run's artifacts, as they lie in the store.

Source: MLflow 2 and 3, `mlflow/store/tracking/file_store.py`: `meta.yaml` of experiments, runs, data sets and inputs.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bartizan.app.provenance.imported import (
    Artifact,
    Imported,
    NotImported,
    artifact,
    below,
    likely,
    told,
    tree,
)
from bartizan.printable import printable
from bartizan.supply.provenance.step import Kind, Origin, Stage, Step

_META: Final = "meta.yaml"
_FINISHED: Final = "3"
_LOCAL: Final = "local"
_MOST_LETTERS: Final = 4096


def steps(store: Path) -> Imported:
    """Return the runs of a store as steps.

    Args:
        store: the folder `mlruns`; paths that runs name are those of the folder in which it lies.
    Raises:
        OSError: it cannot be read.
    """
    found = Imported([], [])
    for run in _runs(store):
        try:
            made = _told(store.parent, run)
        except NotImported as fault:
            found.refused.append((printable(f"{run.parent.name}/{run.name}"), str(fault)))
            continue
        if made is not None:
            found.steps.append(made)
    return found


def _runs(store: Path) -> Iterator[Path]:
    for experiment in _folders(store):
        for run in _folders(experiment):
            if (run / "tags").is_dir() and (run / _META).is_file():
                yield run


def _folders(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    with os.scandir(place) as entries:
        return sorted(Path(each.path) for each in entries if each.is_dir(follow_symlinks=False))


def _told(base: Path, run: Path) -> tuple[Step, dict[str, str]] | None:
    """Return a run as a step; None where it did not finish, or was deleted.

    Raises:
        NotImported: something of it is missing.
    """
    meta = tree(run / _META)
    if meta.get("status") != _FINISHED or meta.get("lifecycle_stage") != "active":
        return None
    materials = [*_inputs(base, run), *_program(base, run)]
    products = (
        [_product(place) for place in sorted((run / "artifacts").iterdir())]
        if (run / "artifacts").is_dir()
        else []
    )
    if not any(one.kind is not Kind.CODE for one in materials):
        raise NotImported(
            "no data set was logged as its input, so nobody knows what it was trained on; log it with mlflow.log_input"
        )
    stage = Stage.TRAIN if any(one.kind is Kind.MODEL for one in products) else Stage.TRANSFORM
    return told(
        stage,
        materials,
        products,
        (_millis(meta.get("start_time")), _millis(meta.get("end_time"))),
        Origin.MLFLOW,
    )


def _millis(value: object) -> int:
    text = str(value)
    if not text.isdecimal() or len(text) > len("1795854639489"):
        raise NotImported("it does not say when it began and ended")
    return int(text)


def _inputs(base: Path, run: Path) -> Iterator[Artifact]:
    for each in _folders(run / "inputs"):
        said = tree(each / _META)
        name = str(said.get("source_id", ""))
        if said.get("source_type") != "DATASET" or not name.isalnum():
            raise NotImported("an input is no data set")
        data = tree(run.parent / "datasets" / name / _META)
        if data.get("source_type") != _LOCAL:
            raise NotImported(
                f"data set {printable(str(data.get('name', '')))[:100]} lies elsewhere; bring it in with `bartizan provenance record ingest`, and record the step by hand"
            )
        yield artifact(below(base, _uri(str(data.get("source", "")))), Kind.DATA)


def _uri(source: str) -> str:
    try:
        found = json.loads(source[:_MOST_LETTERS])
    except (ValueError, RecursionError):
        raise NotImported("a data set does not say where it lies") from None
    return str(found.get("uri", "")) if isinstance(found, dict) else ""


def _program(base: Path, run: Path) -> Iterator[Artifact]:
    file = run / "tags" / "mlflow.source.name"
    if not file.is_file():
        return
    with file.open("rb") as stream:
        name = stream.read(_MOST_LETTERS).decode(errors="replace").strip()
    yield artifact(below(base, name), Kind.CODE)


def _product(place: Path) -> Artifact:
    is_model = place.is_dir() and (place / "MLmodel").is_file()
    kind = Kind.MODEL if is_model else likely(place.name, product=True)
    return artifact(place, kind if kind is Kind.MODEL else Kind.REPORT)
