"""A real platform that gives verdicts, and who may ask it, as a program has them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import bartizan
from bartizan.app.judge.client import Judge
from tests.e2e.conftest import Platform, start


@dataclass(frozen=True, slots=True)
class Judging:
    """A platform, and a client of it."""

    platform: Platform
    client_id: str
    secret: str

    def configured(self) -> dict[str, str]:
        """Return what LiteLLM's configuration says of a guardrail."""
        return {
            "url": self.platform.url,
            "ca": str(self.platform.authority),
            "token_url": f"{self.platform.url}/oauth/token",
            "client_id": self.client_id,
            "client_secret": self.secret,
        }

    def judge(self, profile: str = "standard", *, bound: bool = True) -> Judge:
        made = bartizan.token_provider
        make: Callable[..., object] = made.bound_for_client if bound else made.for_client
        asked = self.configured()
        provider = make(asked["token_url"], self.client_id, self.secret, ca=asked["ca"])
        return Judge(asked["url"], provider, ca=asked["ca"], profile=profile)  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judging]:
    with ExitStack() as stack:
        platform = start(stack, configuration="[judge]\nenabled = true\n")
        made = json.loads(platform.run("identity", "add", "app", "--json").stdout)
        secret = Path(tmp_path_factory.mktemp("secret")) / "secret"
        secret.touch(mode=0o600)
        secret.write_text(made["client_secret"])
        yield Judging(platform, made["client_id"], f"file:{secret}")
