"""Another user of this machine, who speaks to a socket that is not theirs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ASKS = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
request = f"POST {sys.argv[2]} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\n{{}}"
try:
    connection.sendall(request.encode())
    print(len(connection.recv(4096)))
except ConnectionError:
    print(0)
"""


def answered(at: Path, path: str) -> int:
    """Return how many octets another user gets for a POST to a socket; skips the test where there is no acting as one."""
    if os.geteuid() != 0:
        pytest.skip("needs root to act as another user")
    script = [sys.executable, "-I", "-c", _ASKS, str(at), path]
    done = subprocess.run(script, capture_output=True, text=True, timeout=20, check=True)
    assert done.stderr == ""
    return int(done.stdout)
