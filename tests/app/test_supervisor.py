"""What the supervisor is not: it holds no keys and knows no traffic."""

import subprocess
import sys

FORBIDDEN = {
    "cryptography",
    "OpenSSL",
    "joserfc",
    "cedarpy",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "httptools",
}


def test_the_supervisor_imports_neither_cryptography_nor_a_parser_of_traffic() -> None:
    look = "import sys, bartizan.app.supervise; print(*{name.partition('.')[0] for name in sys.modules})"
    answer = subprocess.run([sys.executable, "-I", "-c", look], capture_output=True, text=True, check=True)
    assert not FORBIDDEN & set(answer.stdout.split())
