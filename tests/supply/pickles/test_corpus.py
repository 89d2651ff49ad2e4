"""Every file of the public corpus, each with its own verdict: a gate per case, not per count."""

from pathlib import Path

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known
from bartizan.supply.subject import Standing

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "pickles"
INERT = {"benign0_v0.pkl", "benign0_v3.pkl", "benign0_v4.pkl", "new_pytorch_model.bin", "pytorch_model.bin"}
UNREAD = {
    "bad_pytorch.pt", "benign_password_protected.zip", "malicious1.7z", "malicious1_0x1.zip", "malicious1_0x20.zip",
    "malicious1_0x40.zip", "malicious1_central_directory.zip", "not_a_pickle.bin",
}  # fmt: skip
"""What is damaged or cannot be read by everyone alike; all that is left names what it runs."""
FILES = sorted(file.name for file in CORPUS.glob("*"))
pytestmark = pytest.mark.skipif(not FILES, reason="the public data sets are not beside the clone")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_corpus_stands_as_it_is_known_to(name: str) -> None:
    octets = Octets((CORPUS / name).read_bytes(), name)
    file = looker(known())(octets, Budget())
    due = Standing.INERT if name in INERT else Standing.UNKNOWN if name in UNREAD else Standing.MALICIOUS
    assert file.standing is due
    assert bool(file.reasons) is (due is not Standing.INERT)


def test_the_corpus_is_all_there() -> None:
    assert len(FILES) == 46
    assert set(FILES) >= INERT | UNREAD
