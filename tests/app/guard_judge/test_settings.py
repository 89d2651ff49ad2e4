"""Who else is asked, by the configuration: nobody where nothing is said, and never with a key in the file."""

from pathlib import Path

import msgspec
import pytest

from bartizan.app import platform
from bartizan.app.guarding import guards
from bartizan.app.plan import Plan
from bartizan.app.settings import read
from bartizan.app.tracing import for_workers
from bartizan.app.weakness import weaknesses
from tests.app.written import wrong

JUDGE = '[guard_judge]\nurl = "http://127.0.0.1:9000"\nmodel = "m"\nallow_private = ["127.0.0.1:9000"]\n'
SERVICE = '[[service]]\nname = "a"\nupstream = "http://127.0.0.1:1"\nallow_private = ["127.0.0.1:1"]\n'
KEY = "judge-key-0123456789"


def planned(folder: Path, text: str) -> Plan:
    (folder / "bartizan.toml").write_text(text)
    return platform.plan(read(None, folder), folder / "state")


def test_nobody_is_asked_where_nothing_is_said(tmp_path: Path) -> None:
    plan = planned(tmp_path, SERVICE)
    assert plan.guard_judge is None
    assert guards(plan).services["a"].floor > 1
    plan = planned(tmp_path, JUDGE + SERVICE)
    assert plan.guard_judge is not None
    assert guards(plan).services["a"].floor > 1  # no service says that its texts may go there


def test_a_service_says_that_its_texts_may_go_there(tmp_path: Path) -> None:
    plan = planned(tmp_path, JUDGE + "floor = 0.6\n" + SERVICE + "guard_judge = true\n")
    judge = plan.guard_judge
    assert judge is not None
    assert (judge.path, judge.style, judge.blocks, judge.timeout_ms) == ("/v1", "openai", True, 3000)
    assert guards(plan).services["a"].floor == 0.6


def test_its_key_is_a_reference_and_workers_do_not_get_it(tmp_path: Path) -> None:
    (tmp_path / "judge.key").write_text(KEY)
    (tmp_path / "judge.key").chmod(0o600)
    plan = planned(tmp_path, JUDGE + 'credential = "file:judge.key"\n' + SERVICE + "guard_judge = true\n")
    assert plan.guard_judge is not None
    assert plan.guard_judge.credential == f"Bearer {KEY}"
    assert KEY not in repr(plan)
    assert KEY.encode() not in msgspec.json.encode(for_workers(plan))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (JUDGE.replace('model = "m"\n', ""), "guard_judge.model: is needed"),
        ('[guard_judge]\nmodel = "m"\n', "guard_judge: needs a `url`"),
        (JUDGE.replace('allow_private = ["127.0.0.1:9000"]\n', ""), "guard_judge.url: is a private address"),
        (JUDGE + 'credential = "sk-12345"\n', "guard_judge.credential: must be a reference to a secret"),
        (JUDGE + "timeout_ms = 50\n", "guard_judge.timeout_ms: must be"),
        (JUDGE + "concurrent = 0\n", "guard_judge.concurrent: must be"),
        (JUDGE + "floor = 1.5\n", "guard_judge.floor: must be"),
        (JUDGE + 'on_failure = "ask"\n', "guard_judge.on_failure: must be"),
        (JUDGE + 'style = "claude"\n', "guard_judge.style: must be"),
        (SERVICE + "guard_judge = true\n", "service[0].guard_judge: needs a [guard_judge]"),
        (
            JUDGE + SERVICE + 'guard = "off"\nguard_judge = true\n',
            "service[0].guard_judge: is for services with a guard",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in wrong(tmp_path, text)


def test_what_is_weaker_than_it_could_be_is_said(tmp_path: Path) -> None:
    text = JUDGE.replace("127.0.0.1:9000", "10.0.0.7:9000") + 'on_failure = "allow"\n' + SERVICE
    (tmp_path / "bartizan.toml").write_text(text)
    said = "\n".join(weaknesses(read(None, tmp_path).sections))
    assert "cross the network in the clear" in said
    assert 'on_failure = "allow"' in said
