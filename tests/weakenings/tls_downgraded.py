"""The gateway speaks TLS 1.2 too."""

from OpenSSL import SSL

from bartizan.crypto import tls

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = tls.server_context

    def weak(
        chain_pem: bytes, key_pem: bytes, *, pq: tls.Pq, named_pem: bytes = b"", asks: bool = False
    ) -> SSL.Context:
        context = real(chain_pem, key_pem, pq=pq, named_pem=named_pem, asks=asks)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        return context

    tls.server_context = weak
