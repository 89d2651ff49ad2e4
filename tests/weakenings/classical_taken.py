"""A platform that says `pq = "required"` serves classical clients all the same."""

from OpenSSL import SSL

from bartizan.crypto import tls

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = tls.server_context

    def weak(
        chain_pem: bytes,
        key_pem: bytes,
        *,
        pq: tls.Pq,  # noqa: ARG001 - that is the weakness
        named_pem: bytes = b"",
        asks: bool = False,
    ) -> SSL.Context:
        return real(chain_pem, key_pem, pq="preferred", named_pem=named_pem, asks=asks)

    tls.server_context = weak
