"""The process that reads files opens and imports nothing once it reads: what a reader needs is there before."""

import subprocess
import sys

from tests.structure.sources import ROOT

READS = """
import sys
from tests.attacks.test_model_format_bypasses import ATTACKS, look
from tests.supply.formats.looking import NAMES
from tests.supply.formats.samples import SAMPLES
from tests.supply.formats.test_jinja import CODE, ESCAPES, MALFORMED
from tests.supply.formats.made import made
from bartizan.supply.formats import jinja, pickle
from bartizan.supply.scan import known
from bartizan.supply.octets import Budget, Octets

files = [*SAMPLES.values(), *((shape, octets) for shape, octets, _ in ATTACKS.values())]
files += [(jinja.FORMAT, text.encode()) for text in (*CODE, *ESCAPES, *MALFORMED)]
files += [(pickle.FORMAT, made(f"estimators/{each}")) for each in ("lightgbm-classes.p4.pkl", "pipeline-deep.p2.pkl")]
known()

def refused(event, arguments):
    if event in {"open", "import", "os.listdir", "os.scandir", "socket.connect", "subprocess.Popen"}:
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(refused)
for shape, octets in files:
    shape.read(Octets(octets, NAMES.get(shape.name, "model")), Budget(), look)
"""


def test_reading_opens_and_imports_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", READS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
