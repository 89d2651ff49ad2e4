"""A process that makes large things again and again keeps nothing of them."""

import subprocess
import sys

LEFT = """
import sys
from bartizan.isolation.heap import keep_apart
keep_apart(1 << 18)
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
large = bytearray(16 << 20)
del large  # from here on, pieces of that size would lie in the heap
before, small = resident(), []
for _ in range(4):
    large = bytearray(b"x" * (12 << 20))
    small.append(bytearray(4096))  # outlives it, and lies behind it
    del large
print((resident() - before) >> 20)
"""


def left() -> int:
    """Return how many MiB a process keeps of four times twelve that it has given back."""
    return int(subprocess.run([sys.executable, "-c", LEFT], capture_output=True, check=True).stdout)


def test_large_pieces_leave_nothing_behind_where_they_are_kept_apart() -> None:
    assert left() <= 1
