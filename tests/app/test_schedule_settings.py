"""What runs by itself is said, in the file or by default, and nothing else does."""

from pathlib import Path

import pytest

from bartizan.app.plan import Schedule as Wanted
from bartizan.app.schedule.runs import RUNS
from bartizan.app.schedule_settings import MOST, wanted, weak_schedules
from bartizan.app.settings import read
from bartizan.config import ConfigurationInvalid
from bartizan.control import Control
from bartizan.ledger.forms import is_name
from tools.discovered import controls


def accepted(folder: Path, text: str) -> tuple[Wanted, ...]:
    file = folder / "bartizan.toml"
    file.write_text(text)
    return wanted(read(file, folder).sections.schedule)


def section(run: str = "drill", every: str = "1d", **more: str) -> str:
    keys = {"run": run, "every": every, **more}
    return "[[schedule]]\n" + "".join(f'{key} = "{value}"\n' for key, value in keys.items())


_ARTIFACTS = Wanted("artifacts", "artifacts", 0)


def test_by_default_the_record_is_audited_daily_and_nothing_is_attacked(tmp_path: Path) -> None:
    found = accepted(tmp_path, "")
    assert found == (Wanted("audit", "audit", 86_400), Wanted("drill", "drill", 0), _ARTIFACTS)


def test_what_is_configured_takes_the_place_of_the_default(tmp_path: Path) -> None:
    found = accepted(tmp_path, section("audit", "6h", name="often") + section(every="92d", at="03:05"))
    assert found == (Wanted("often", "audit", 21_600), Wanted("drill", "drill", 92 * 86_400, 185), _ARTIFACTS)


def test_what_is_turned_off_is_listed_and_weak(tmp_path: Path) -> None:
    text = section("audit", "off")
    assert accepted(tmp_path, text)[0] == Wanted("audit", "audit", 0)
    sections = read(tmp_path / "bartizan.toml", tmp_path).sections.schedule
    (said,) = weak_schedules(sections)
    assert "audit is off" in said
    assert list(weak_schedules(())) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (section("dril"), 'bartizan.toml:2: schedule[0].run: is nothing that runs by itself; these do: audit, drill, artifacts; did you mean "drill"?'),
        (section("--help"), "bartizan.toml:2: schedule[0].run: must be a name"),
        (section("rm -rf /"), "bartizan.toml:2: schedule[0].run: must be a name"),
        (section(every="0d"), 'bartizan.toml:3: schedule[0].every: must be a span such as "1h"'),
        (section(every="30m"), 'bartizan.toml:3: schedule[0].every: must be a span such as "1h"'),
        (section(every="100000d"), "bartizan.toml:3: schedule[0].every: must be a span"),
        (section(every="1d\\n"), "bartizan.toml:3: schedule[0].every: must be a span"),
        (section(at="24:00"), "bartizan.toml:4: schedule[0].at: must be a time of day in UTC"),
        (section(every="12h", at="03:00"), "bartizan.toml:4: schedule[0].at: is for schedules of whole days"),
        (section(name="--json"), "bartizan.toml:4: schedule[0].name: must be a name"),
        (section(name="Nightly"), "bartizan.toml:4: schedule[0].name: must be a name"),
        (section(name="audit"), "bartizan.toml:4: schedule[0].name: is something else that runs by itself"),
        (section() + section(), "bartizan.toml:5: schedule[1].run: is the name of schedule[0] already"),
        (section(name="a") + section(name="a"), "bartizan.toml:8: schedule[1].name: is the name of schedule[0] already"),
        (section(user="root"), "bartizan.toml:4: schedule[0].user: unknown key"),
        ("".join(section(name=f"n{number}") for number in range(MOST + 1)), f"schedule[{MOST}]: is one too many"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        accepted(tmp_path, text)
    assert said in str(caught.value).replace(f"{tmp_path}/", "")


def test_every_run_can_be_on_record_names_what_there_is_and_has_a_bound() -> None:
    known: dict[str, Control] = dict(controls())
    for name, run in RUNS.items():
        assert is_name(name)
        assert name == run.name
        assert run.control in {"", *known}
        assert 0 < run.most_seconds <= 3600  # no period is shorter
        assert 0 <= run.nice < 20
        assert run.every in {0} | {hours * 3600 for hours in range(1, 24 * 100)}
        module, _, function = run.acts.partition(":")
        assert module.startswith("bartizan.")
        assert function.isidentifier()
