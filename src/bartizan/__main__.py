"""`bartizan`, and `python -m bartizan`: whoever presses Ctrl-C before there is a command to interrupt ends it silently."""

import gc
import signal
import sys
from typing import Final

_GARBAGE: Final = 20_000
"""Objects that are made and not yet unmade, before cycles among them are looked for: what is imported has few."""


def main() -> int:
    """Run the command of this process's command line and return its exit code."""
    gc.set_threshold(_GARBAGE, 10, 10)
    ours = (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )  # nohup and the like: not ours to answer
    if ours:
        signal.signal(
            signal.SIGINT, signal.SIG_DFL
        )  # an import that is interrupted would show itself to a person
    from bartizan.cli.main import run  # noqa: PLC0415 - not before an interruption is quiet

    try:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = run()
        if ours:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # neither would the interpreter's end keep quiet
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    gc.freeze()  # else the interpreter's end looks for cycles in all that was imported, for a tenth of a second
    return code


if __name__ == "__main__":
    sys.exit(main())
