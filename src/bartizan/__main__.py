"""`bartizan`, and `python -m bartizan`: whoever presses Ctrl-C before there is a command to interrupt ends it silently."""

import signal
import sys


def main() -> int:
    """Run the command of this process's command line and return its exit code."""
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
    return code


if __name__ == "__main__":
    sys.exit(main())
