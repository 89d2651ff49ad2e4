"""`init` writes what the next start reads, asks nothing of the service, and overwrites nothing."""

import json
from pathlib import Path

import pytest

from bartizan.app.settings import read
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.gateway.mcp.tools import digest

PUBLIC = """\
listen = "127.0.0.1:8443"           # this machine only; anything else is a decision
pq = "preferred"                    # or "required": clients without X25519MLKEM768 are refused

[[service]]                         # an upstream AI API
name = "assistant"
upstream = "https://api.example.com"
protocol = "openai"
credential = "env:OPENAI_API_KEY"   # injected; the client's own credentials never go upstream
guard = "observe"                   # tells what prompts hold; "standard" takes it out
limits = { requests_per_minute = 600 }

[policy]
path = "policies/"                  # Cedar: who may call what
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_ten_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "https://api.example.com/v1"]) == Exit.CLEAN
    assert (tmp_path / "bartizan.toml").read_text() == PUBLIC
    assert "export OPENAI_API_KEY=" in capsys.readouterr().out
    assert "permit" in (tmp_path / "policies" / "default.cedar").read_text()


@pytest.mark.parametrize(
    ("words", "upstream", "credential", "private"),
    [
        (["http://127.0.0.1:11434/v1"], "http://127.0.0.1:11434", None, ("127.0.0.1:11434",)),
        (["https://[::1]/x/v1"], "https://[::1]/x/v1", None, ("[::1]:443",)),
        (["https://h.example:8443/"], "https://h.example:8443", "env:OPENAI_API_KEY", ()),
        (["https://h.example", "--protocol", "anthropic"], "https://h.example", "env:ANTHROPIC_API_KEY", ()),
        (["https://h.example/", "--protocol", "azure"], "https://h.example", "env:AZURE_OPENAI_API_KEY", ()),
        (
            ["https://h.example/v1", "--protocol", "azure"],
            "https://h.example/v1",
            "env:AZURE_OPENAI_API_KEY",
            (),
        ),
        (["https://h.example", "--credential", "file:key"], "https://h.example", "file:key", ()),
    ],
)
def test_what_is_written_is_read_back(
    tmp_path: Path, words: list[str], upstream: str, credential: str | None, private: tuple[str, ...]
) -> None:
    assert run(["init", *words, "--name", "mine"]) == Exit.CLEAN
    (service,) = read(None, tmp_path).sections.service
    assert (service.name, service.upstream, service.credential, service.allow_private) == (
        "mine",
        upstream,
        credential,
        private,
    )


TOOL = {"name": "read", "description": "d", "inputSchema": {"type": "object"}}


def test_a_described_service_is_written_with_its_description_and_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("jsonschema_rs")
    (tmp_path / "shop.json").write_text(
        json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": "t", "version": "1"},
                "paths": {"/pets": {"get": {"responses": {}}}},
            }
        )
    )
    words = [
        "init",
        "https://shop.example/api",
        "--protocol",
        "http",
        "--openapi",
        "shop.json",
        "--name",
        "shop",
    ]
    assert run(words) == Exit.CLEAN
    (service,) = read(None, tmp_path).sections.service
    assert (service.upstream, service.openapi, service.credential) == (
        "https://shop.example/api",
        "shop.json",
        None,
    )
    said = capsys.readouterr().out
    assert "https://localhost:8443 (or /shop)" in said
    assert "export" not in said


@pytest.mark.parametrize("text", [None, "{", '{"openapi": "2.0"}'])
def test_a_description_that_cannot_be_used_leaves_nothing_behind(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "shop.json").write_text(text)
    assert run(["init", "https://shop.example", "--protocol", "http", "--openapi", "shop.json"]) == Exit.USAGE
    assert "openapi" in capsys.readouterr().err
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {"shop.json"}


def test_a_tool_server_is_written_with_pins_where_its_list_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "http://127.0.0.1:9/mcp", "--protocol", "mcp"]) == Exit.CLEAN
    (service,) = read(None, tmp_path).sections.service
    assert (service.protocol.value, service.tools.unpinned.value, service.tools.pins) == (
        "mcp",
        "observe",
        (),
    )
    said = capsys.readouterr().out
    assert "mcp pins tools.json" in said
    assert "https://localhost:8443/mcp (or /assistant/mcp)" in said
    (tmp_path / "bartizan.toml").unlink()
    (tmp_path / "policies" / "default.cedar").unlink()
    (tmp_path / "tools.json").write_text(json.dumps({"result": {"tools": [TOOL]}}))
    assert run(["init", "https://h.example", "--protocol", "mcp", "--tools", "tools.json"]) == Exit.CLEAN
    (service,) = read(None, tmp_path).sections.service
    assert (service.tools.unpinned.value, service.credential) == ("refused", None)
    assert service.tools.pins == (f"read {digest(TOOL)}",)
    assert "mcp pins" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["bartizan.toml", "policies/default.cedar"])
def test_nothing_is_overwritten(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / name).write_text("mine")
    assert run(["init", "https://api.example.com/v1"]) == Exit.USAGE
    assert (tmp_path / name).read_text() == "mine"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert "stays as it is" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["api.example.com"], "the URL must be a URL such as https://api.example.com/v1"),
        (["https://u:p@h.example"], "the URL must carry no user name or password"),
        (
            ["https://h.example", "--credential", "sk-1"],
            "--credential takes a reference, never the key itself",
        ),
        (["https://h.example", "--protocol", "http"], "--protocol http needs --openapi FILE"),
        (["https://h.example", "--openapi", "x.json"], "--openapi goes with --protocol http"),
        (["https://h.example", "--tools", "x.json"], "--tools goes with --protocol mcp"),
        (["https://h.example", "--protocol", "mcp", "--tools", "x.json"], "x.json"),
        (["https://h.example", "--name", "v1"], "is a name of Bartizan's own"),
        (["https://h.example", "--name", "A"], "a name is needed: a lower-case letter"),
    ],
)
def test_what_cannot_be_used_leaves_nothing_behind(
    tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", *words]) == Exit.USAGE
    assert said in capsys.readouterr().err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_next_commands_can_be_pasted_and_clear_text_is_pointed_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["/opt/x/.venv/bin/bartizan"])
    assert run(["init", "http://api.example.com/v1"]) == Exit.CLEAN
    said = capsys.readouterr()
    assert "\n  /opt/x/.venv/bin/bartizan up " in said.out
    assert "http://api.example.com/v1 is not encrypted" in said.err


def test_clear_text_on_this_machine_is_nothing_to_point_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "http://127.0.0.1:11434"]) == Exit.CLEAN
    assert capsys.readouterr().err == ""


def test_a_name_of_bartizans_own_is_refused_by_its_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "https://api.example.com/v1", "--name", "sample"]) == Exit.USAGE
    assert capsys.readouterr().err.startswith("bartizan: --name: sample is a name of Bartizan's own")
    (tmp_path / "policies").touch()
    assert run(["init", "https://api.example.com/v1"]) == Exit.USAGE
    assert "policies is not a folder" in capsys.readouterr().err
