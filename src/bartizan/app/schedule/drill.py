"""The drill as a run of a schedule: what it found is on record by itself."""

from bartizan.app.exercise import exercise
from bartizan.app.folder import Folder
from bartizan.app.schedule.runs import Status
from bartizan.drill.verdict import exit_code

_STATUS = {0: Status.CLEAN, 1: Status.FOUND}
"""Exit code of `bartizan drill` -> of the run."""


def drill(folder: Folder) -> int:
    """Attack the platform of a state folder; return how it went: an attack that could not be judged is a failed run.

    Raises:
        PlatformSilent: none runs.
    """
    code = exit_code(exercise(folder), ())
    return _STATUS.get(code, code)
