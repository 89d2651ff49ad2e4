"""`step_up`: what may be said, and what it comes to."""

from pathlib import Path

import pytest

from bartizan.app.platform import plan
from bartizan.app.settings import read
from bartizan.identity.strength import Strength
from tests.app.written import wrong

SERVICE = '[[service]]\nname = "one"\nupstream = "https://one.example.com/v1"\n'
ADMIN = '[admin]\nnetworks = ["127.0.0.1"]\n'


@pytest.mark.parametrize("section", [SERVICE, ADMIN])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step_up = {}", "must say acr or max_age_seconds"),
        ('step_up = { acr = ["password"] }', "acr[0]"),
        ("step_up = { max_age_seconds = -1 }", "max_age_seconds"),
        ("step_up = { max_age_seconds = 86401 }", "max_age_seconds"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, section: str, text: str, said: str
) -> None:
    assert said in wrong(tmp_path, f"{section}{text}\n")


def test_what_is_asked_for_reaches_the_plan(tmp_path: Path) -> None:
    said = 'step_up = { acr = ["passkey-synced", "passkey-synced"], max_age_seconds = 300 }\n'
    (tmp_path / "bartizan.toml").write_text(f"{SERVICE}{said}{ADMIN}step_up = {{ max_age_seconds = 60 }}\n")
    made = plan(read(None, tmp_path), tmp_path / "state")
    (service,) = (each for each in made.services if each.name == "one")
    assert service.strength == Strength(("passkey-synced",), 300)
    assert made.admin.strength == Strength((), 60)
