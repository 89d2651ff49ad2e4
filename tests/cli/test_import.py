"""`import litellm` writes what `config show` takes, copies no secret, and says what became of every line."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.app.litellm.bring import bring
from bartizan.app.settings import read
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.config import ConfigurationFault

SECRET = "sk-" + "in-the-clear-0123456789"
PROXY = f"""\
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      rpm: 100
  - model_name: small
    litellm_params:
      model: gpt-4o-mini
      api_key: os.environ/OPENAI_API_KEY
      rpm: 60
      timeout: 30
  - model_name: elsewhere
    litellm_params:
      model: openai/gpt-4o
      api_base: https://eu.api.example.com/v1
      api_key: {SECRET}
  - model_name: local
    litellm_params: {{model: ollama/llama3, api_base: "http://10.1.2.3:11434"}}
  - model_name: mine
    litellm_params: {{model: hosted_vllm/m, api_base: "http://127.0.0.1:8000/v1", api_key: EMPTY, tpm: 9}}
  - model_name: foreign
    litellm_params: {{model: bedrock/some}}
litellm_settings:
  drop_params: true
  fallbacks: [{{gpt-4o: [elsewhere, local]}}]
router_settings:
  redis_password: {SECRET}
general_settings:
  master_key: {SECRET}
environment_variables:
  ANOTHER: {SECRET}
surprise: 1
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def imported(text: str, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    Path("config.yaml").write_text(text)
    assert run(["import", "litellm", "config.yaml", "--json", *words]) == Exit.CLEAN
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_proxys_services_are_there_under_references(capsys: pytest.CaptureFixture[str]) -> None:
    told = imported(PROXY, capsys)
    found = read(None, Path.cwd()).sections.service
    assert [(one.name, one.upstream, one.credential, one.allow_private) for one in found] == [
        ("openai", "https://api.openai.com", "env:OPENAI_API_KEY", ()),
        ("openai-2", "https://eu.api.example.com", "env:OPENAI_API_KEY_2", ()),
        ("ollama", "http://10.1.2.3:11434", None, ("10.1.2.3:11434",)),
        ("hosted-vllm", "http://127.0.0.1:8000", None, ("127.0.0.1:8000",)),
    ]
    assert found[0].limits.requests_per_minute == 160
    assert told["environment"] == ["OPENAI_API_KEY", "OPENAI_API_KEY_2"]
    assert run(["config", "show", "--origin"]) == Exit.CLEAN


def test_every_line_is_answered_for(capsys: pytest.CaptureFixture[str]) -> None:
    notes = {(note["line"], note["verdict"]): note for note in imported(PROXY, capsys)["notes"]}
    lines = PROXY.split("\n")

    def at(start: str) -> int:
        return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(start))

    for start, verdict, said in (
        ("model: openai/gpt-4o", "taken over", "service openai"),
        ("model: gpt-4o-mini", "taken over", "service openai"),
        ("rpm: 60", "changed", "each principal's"),
        ("timeout", "left out", "no counterpart"),
        ("api_key: sk", "not copied", "set OPENAI_API_KEY_2 to it"),
        ("drop_params", "left out", "refused with its path"),
        ("fallbacks", "left out", "has models that do not fall back so"),
        ("master_key", "left out", "identity add"),
        ("master_key", "not copied", "in the clear"),
        ("redis_password", "not copied", "in the clear"),
        ("ANOTHER", "not copied", "in the clear"),
        ("surprise", "left out", "no counterpart"),
    ):
        assert said in notes[at(start), verdict]["what"], start
    assert "bedrock" not in json.dumps([notes[at("litellm_params: {model: bedrock"), "left out"]])
    assert "gpt-4o -> elsewhere, local" in Path("bartizan.toml").read_text()


SPREAD = """\
model_list:
  - {model_name: chat, litellm_params: {model: openai/gpt-4o, api_key: os.environ/A, rpm: 10}}
  - {model_name: chat, litellm_params: {model: openai/gpt-4o-eu, api_base: "https://eu.example.com/v1", api_key: os.environ/B, rpm: 5}}
  - {model_name: cheap, litellm_params: {model: groq/small, api_key: os.environ/C}}
  - {model_name: name, litellm_params: {model: mistral/credential, api_key: os.environ/D}}
router_settings:
  model_group_alias: {gpt-4: chat, hidden: {model: cheap, hidden: true}, nothing: absent}
litellm_settings:
  fallbacks: [{chat: [cheap, name]}, {gpt-4: [cheap, name]}, {name: [absent]}, {absent: [chat]}]
"""


def test_aliases_are_kept_and_deployments_and_fallbacks_are_targets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = imported(SPREAD, capsys)
    first, *others = read(None, Path.cwd()).sections.service
    assert first.models == {"chat": "gpt-4o", "gpt-4": "gpt-4o"}
    assert first.limits.requests_per_minute == 15
    assert [(one.name, one.upstream, one.credential, one.weight, one.models) for one in first.target] == [
        ("openai-2", "https://eu.example.com", "env:B", 1, {"chat": "gpt-4o-eu", "gpt-4": "gpt-4o-eu"}),
        ("groq-spare", "https://api.groq.com/openai/v1", "env:C", 0, {"chat": "small", "gpt-4": "small"}),
        (
            "mistral-spare",
            "https://api.mistral.ai",
            "env:D",
            0,
            {"chat": "credential", "gpt-4": "credential"},
        ),
    ]
    assert [(one.name, one.models) for one in others] == [
        ("groq", {"cheap": "small", "hidden": "small"}),
        ("mistral", {"name": "credential"}),
    ]
    assert told["environment"] == ["A", "B", "C", "D"]
    assert told["refused"] == []
    said = [(note["key"].rpartition(".")[2], note["verdict"], note["what"]) for note in told["notes"]]
    assert ("gpt-4", "taken over", "service openai") in said
    assert ("gpt-4", "taken over", "target openai-2 of service openai") in said
    assert ("nothing", "left out") in [each[:2] for each in said]
    fallbacks = [note for note in told["notes"] if note["key"].endswith(".fallbacks")]
    assert [note["verdict"] for note in fallbacks] == ["changed"] * 4 + ["left out"] * 2
    assert "target groq-spare of service openai" in fallbacks[0]["what"]
    written = Path("bartizan.toml").read_text()
    assert "name -> absent" in written
    assert "chat -> " not in written


DEFAULTS = """\
model_list:
  - {model_name: chat, litellm_params: {model: openai/gpt-4o, api_key: os.environ/A}}
  - {model_name: cheap, litellm_params: {model: groq/small, api_key: os.environ/B}}
  - {model_name: other, litellm_params: {model: mistral/medium, api_key: os.environ/C}}
  - {model_name: claude, litellm_params: {model: anthropic/claude-x, api_key: os.environ/D}}
"""


@pytest.mark.parametrize(
    "said",
    [
        "litellm_settings: {default_fallbacks: [cheap], fallbacks: [{other: [chat]}]}",
        "router_settings: {fallbacks: [{other: [chat]}, {'*': [cheap]}]}",
        "litellm_settings: {default_fallbacks: [cheap], fallbacks: [{other: [chat]}, {'*': [claude]}]}",
    ],
)
def test_what_any_model_falls_back_on_is_a_target_of_each_that_has_no_fallback_of_its_own(
    said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = imported(DEFAULTS + said, capsys)
    found = {one.name: one.target for one in read(None, Path.cwd()).sections.service}
    assert {
        name: [(one.name, one.weight, one.models) for one in targets] for name, targets in found.items()
    } == {
        "openai": [("groq-spare", 0, {"chat": "small"})],
        "groq": [],
        "mistral": [("openai-spare", 0, {"other": "gpt-4o"})],
        "anthropic": [],
    }
    assert "claude -> cheap" in Path("bartizan.toml").read_text()
    line = DEFAULTS.count("\n") + 1
    verdicts = [note["verdict"] for note in told["notes"] if note["line"] == line]
    assert verdicts.count("changed") == 2
    assert verdicts.count("left out") == 1 + ("claude]" in said)


@pytest.mark.parametrize("key", ["litellm_settings", "router_settings"])
def test_fallbacks_that_nothing_here_does_are_said_with_what_to_do_instead(
    key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (
        ("context_window_fallbacks: [{chat: [other]}]", "ask for the larger model"),
        ("content_policy_fallbacks: [{chat: [other]}]", "asked nowhere else"),
        ("default_fallbacks: cheap", "is no list"),
        ("fallbacks: [{'*': [chat]}]", "let the client try"),
    )
    told = imported(DEFAULTS + f"{key}:\n" + "".join(f"  {line}\n" for line, _ in lines), capsys)
    first = DEFAULTS.count("\n") + 2
    for line, (_, words) in enumerate(lines, first):
        assert any(note["line"] == line and words in note["what"] for note in told["notes"]), words


@pytest.mark.parametrize(
    "models",
    [
        "[{model_name: a, litellm_params: {model: openai/x}}, {model_name: a, litellm_params: {model: openai/y}}]",
        "[{model_name: '*', litellm_params: {model: 'openai/*'}}]",
        '[{model_name: "\\uD800 \\u007f", litellm_params: {model: openai/x}}]',
        '[{model_name: "\\U0001F511", litellm_params: {model: openai/x}}]',
    ],
)
def test_an_alias_that_has_no_place_here_is_said(models: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = imported(f"model_list: {models}\n", capsys)
    assert read(None, Path.cwd()).sections.service[0].models == {}
    assert {note["verdict"] for note in told["notes"]} == {"changed"}
    Path("bartizan.toml").unlink()
    assert run(["import", "litellm", "config.yaml"]) == Exit.CLEAN


def test_a_model_named_as_a_key_takes_no_other_line_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A deployment that Azure cannot have is refused by its own line, whatever it is called."""
    entry = "{model_name: credential, litellm_params: {model: 'azure/a b', api_base: 'https://h.example', api_key: os.environ/K}}"
    told = imported(f"model_list: [{entry}]\n", capsys)
    (service,) = read(None, Path.cwd()).sections.service
    assert (service.credential, service.models) == ("env:K", {})
    assert [refused["key"] for refused in told["refused"]] == ["azure.models"]


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_no_secret_in_the_clear_is_written_or_shown(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text(PROXY)
    assert run(["import", "litellm", "config.yaml", *words]) == Exit.CLEAN
    said = capsys.readouterr()
    assert "0123456789" not in said.out + said.err + Path("bartizan.toml").read_text()


def test_what_this_version_refuses_is_a_comment_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the rules of a version are: a line stands as it is if they take it, and as a comment if not."""
    text = "model_list:\n  - {model_name: m, litellm_params: {model: hosted_vllm/m, api_base: 'http://a_b:1/x', rpm: 1, tpm: 2}}\n"
    told = imported(text, capsys)
    written = Path("bartizan.toml").read_text()
    for refused in told["refused"]:
        key = refused["key"].partition(".")[2]
        assert f"# {key} = " in written
        assert refused["why"] in written
    assert tomllib.loads(written)["service"][0]["limits"]["requests_per_minute"] == 1


def test_nothing_is_overwritten_unless_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.yaml").write_text(PROXY)
    Path("bartizan.toml").write_text("mine")
    assert run(["import", "litellm", "config.yaml"]) == Exit.USAGE
    assert "stays as it is" in capsys.readouterr().err
    assert Path("bartizan.toml").read_text() == "mine"
    assert run(["import", "litellm", "config.yaml", "--force"]) == Exit.CLEAN
    assert "api.openai.com" in Path("bartizan.toml").read_text()
    assert run(["import", "litellm", "config.yaml", "--output", "other.toml"]) == Exit.CLEAN
    assert sorted(path.name for path in Path.cwd().iterdir()) == [
        "bartizan.toml",
        "config.yaml",
        "other.toml",
    ]


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    Path("config.yaml").write_text(PROXY)
    Path("bartizan.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert run(["import", "litellm", "config.yaml"]) == Exit.USAGE
    assert not Path("elsewhere.toml").exists()
    assert run(["import", "litellm", "config.yaml", "--force"]) == Exit.CLEAN
    assert not Path("bartizan.toml").is_symlink()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "config.yaml:1: it is not YAML"),
        ("a: 1\na: 2", "config.yaml:2: a key stands twice"),
        ("a: &a [*a]", "config.yaml:1: it is nested"),
        ("", "config.yaml: it is empty"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line_and_nothing_is_written(
    text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text(text)
    assert run(["import", "litellm", "config.yaml"]) == Exit.USAGE
    assert said in capsys.readouterr().err
    assert not Path("bartizan.toml").exists()
    assert run(["import", "litellm", "nowhere.yaml"]) == Exit.USAGE


TEXTS = st.one_of(
    st.sampled_from(
        [
            "openai/gpt",
            "azure/x",
            "anthropic/claude",
            "ollama/l",
            "https://a.example/v1",
            "http://127.0.0.1:1",
            "os.environ/KEY",
            "os.environ/\n[x]",
            "sk-1",
            "EMPTY",
            '"]\n[evil]',
            "'''",
            "\\u0000",
            "https://u:p@h/",
            "x/",
            "/x",
            "A" * 300,
            "🗝",
            "v1",
            "sample",
        ]
    ),
    st.text(max_size=12),
    st.integers(),
    st.booleans(),
    st.none(),
)
KEYS = st.sampled_from(
    [
        "model_name",
        "litellm_params",
        "model",
        "api_base",
        "base_url",
        "api_key",
        "rpm",
        "tpm",
        "custom_llm_provider",
        "x",
    ]
)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "model_name": TEXTS,
        "litellm_params": st.one_of(TEXTS, st.dictionaries(KEYS, TEXTS)),
        "z": TEXTS,
    },
)
CONFIGURATIONS = st.fixed_dictionaries(
    {"model_list": st.one_of(TEXTS, st.lists(st.one_of(ENTRIES, TEXTS), max_size=6))},
    optional={
        name: st.one_of(TEXTS, st.dictionaries(st.text(max_size=8), TEXTS, max_size=3))
        for name in ("general_settings", "environment_variables")
    }
    | {
        name: st.one_of(
            TEXTS,
            st.fixed_dictionaries(
                {},
                optional={
                    "fallbacks": st.lists(
                        st.dictionaries(TEXTS.map(str), st.lists(TEXTS, max_size=3), max_size=2)
                    ),
                    "model_group_alias": st.dictionaries(st.text(max_size=8), TEXTS, max_size=3),
                },
            ),
        )
        for name in ("litellm_settings", "router_settings")
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(configuration=CONFIGURATIONS)
def test_whatever_is_imported_is_a_configuration_that_this_version_takes(
    tmp_path: Path, configuration: dict[str, Any]
) -> None:
    source, file = tmp_path / "in.yaml", tmp_path / "out.toml"
    source.write_text(json.dumps(configuration))
    try:
        brought = bring(source, file, force=True)
    except ConfigurationFault as fault:
        assert "out.toml" not in str(fault)  # noqa: PT017 - of the source alone
        return
    assert [one.name for one in read(file, tmp_path).sections.service] == list(brought.written.services)
