"""Who else is asked about texts in doubt, as `guard_judge` and the workers see it.

Rules of this file: as of `plan.py`.
"""

from bartizan.crypto.secret import Reticent


class GuardJudge(Reticent, frozen=True):
    """Who is asked.

    Attributes:
        host, port, tls, path: of its API; `/chat/completions` follows the path.
        model, style: that is asked, and what it speaks, of `threats.opinion.STYLES`.
        credential: value of the `Authorization` field, or empty. A secret.
        floor: score from which on a text is in doubt.
        timeout_ms: until the answer is there whole.
        concurrent: questions at once.
        requests_per_minute: of one principal.
        blocks: whether a request goes no further where there is no answer.
        allowed: private addresses that it may be at.
        authorities: PEM of who may certify it, where it speaks TLS.
    """

    host: str
    port: int
    tls: bool
    path: str
    model: str
    style: str = "openai"
    credential: str = ""
    floor: float = 0.4
    timeout_ms: int = 3000
    concurrent: int = 8
    requests_per_minute: int = 30
    blocks: bool = True
    allowed: tuple[str, ...] = ()
    authorities: str = ""
