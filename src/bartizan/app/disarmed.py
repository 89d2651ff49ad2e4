"""Files that were disarmed, on record: source and rebuilt file by their digests.

Rules of this file: digests, numbers and words of ours alone; no name of a file, of a tensor or of what was cut gets into the record.
"""

from collections.abc import Sequence
from typing import Any, Final

from bartizan.app.folder import Folder
from bartizan.app.scanned import name, put, subject
from bartizan.ledger.event import Outcome
from bartizan.supply.controls import model_file_inert
from bartizan.supply.disarm import Disarmed
from bartizan.supply.rebuild.report import Rebuilt, Refusal

KIND: Final = "supply.artifact.disarmed"


def record(files: Sequence[Disarmed], folder: Folder) -> int:
    """Put files on record, through the platform where one runs; return how many.

    Args:
        files: what became of them; those that could not be read have no digest, and those of a folder that were copied or left out
            were not disarmed: neither is put on record.
        folder: the state folder.
    Raises:
        PlatformSilent, OwnerRefused, FolderRefused: the record does not take them.
    """
    rows = [
        _event(each, each.result)
        for each in files
        if each.sha256 and isinstance(each.result, Rebuilt | Refusal)
    ]
    return put(rows, folder)


def _event(each: Disarmed, result: Rebuilt | Refusal) -> dict[str, Any]:
    done = isinstance(result, Rebuilt) and bool(each.rebuilt)
    return {
        "kind": KIND,
        "subject": subject(each.sha256),
        "outcome": (Outcome.DONE if done else Outcome.FAILED).value,
        "control": model_file_inert.CONTROL.id,
        "detail": {
            "digest": each.sha256,
            "octets": each.octets,
            "format": name(result.format),
            **_detail(each, result),
        },
    }


def _detail(each: Disarmed, result: Rebuilt | Refusal) -> dict[str, int | str]:
    if not isinstance(result, Rebuilt):
        return {"verdict": result.reason.standing.value, "word": name(result.reason.word)}
    return {
        **({"rebuilt": each.rebuilt} if each.rebuilt else {}),
        "verdict": result.verdict.value,
        "tensors": result.tensors,
        "cut": len(result.cut),
        "left": len(result.left) + result.more_left,
    }
