"""Run one command in the foreground for make, so that stopping it looks like stopping and not like a fault.

Ctrl-C reaches the command from the terminal; SIGTERM and SIGHUP, which make sends to its recipe only, are passed
on. A command that was interrupted (130) has ended as asked, so 0 is returned for it and make prints no error.
"""

import signal
import subprocess
import sys
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT


def main(command: list[str]) -> int:
    """Return the command's exit code, 0 when it was interrupted; 2 where the command does not exist."""
    try:
        child = subprocess.Popen(command)
    except OSError as fault:
        sys.stderr.write(f"{command[0]}: {fault.strerror}\n")
        return 2

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT:  # the terminal has sent that one to both
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup: the command is to outlive its terminal
            signal.signal(number, pass_on)
    code = child.wait()
    return 0 if code in (INTERRUPTED, -signal.SIGINT) else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
