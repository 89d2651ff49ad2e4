from bartizan.app.judge.client import Judge
from bartizan.app.provenance.recorder import recorder
from bartizan.app.provider import TokenProvider

__version__: str
token_provider: TokenProvider
judge_client = Judge
step = recorder
