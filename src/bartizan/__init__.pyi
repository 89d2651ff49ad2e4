from bartizan.app.judge.client import Judge
from bartizan.app.provider import TokenProvider

__version__: str
token_provider: TokenProvider
judge_client = Judge
