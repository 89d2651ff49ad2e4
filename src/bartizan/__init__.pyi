from bartizan.app.provider import TokenProvider

__version__: str
token_provider: TokenProvider
