"""The name of somebody who was erased, over a restart of the control process."""

import stat
from pathlib import Path

import pytest

from tests.http.platform import Control

pytestmark = pytest.mark.slow
AT = "/admin/v1/principals"


def test_a_name_that_was_erased_is_given_again_on_purpose_alone_after_a_restart_too(tmp_path: Path) -> None:
    root = tmp_path / ".bartizan"
    with Control(root) as before:
        assert before.ask("POST", AT, {"name": "passing"}).status == 201
        assert before.ask("DELETE", f"{AT}/workload.passing", None, [("If-Match", "*")]).status == 200
    with Control(root) as after:
        answer = after.ask("POST", AT, {"name": "passing"})
        assert (answer.status, answer.json["reason"]) == (409, "name-erased")
        assert "--reuse" in answer.json["detail"]
        assert after.ask("POST", AT, {"name": "passing", "reuse": True}).status == 201
        assert stat.S_IMODE((after.folder.keys / "names.key").stat().st_mode) == 0o600
