"""What can go wrong on the way out. Rules of this file: each message says what is wrong and what to do."""


class EgressFault(OSError):
    """Root of everything that an outbound connection can fail with."""


class AddressRefused(EgressFault):
    """A destination lies where no outbound connection may go, and configuration does not list it."""

    def __init__(self, host: str, kind: str, entry: str) -> None:
        """Name the configured host, the kind of its address (`check.kind_of`), and what would allow it."""
        super().__init__(
            f"{host} is at a {kind} address, where outbound connections may not go: "
            f'if that is meant, list "{entry}" in the service\'s allow_private'
        )
        self.host, self.kind = host, kind


class NameUnknown(EgressFault):
    """A host's name could not be resolved; `fault` says why."""

    def __init__(self, host: str, fault: str) -> None:
        """Name the configured host and the fault."""
        super().__init__(f"{host}: {fault}: check the name and this machine's name servers")
        self.host, self.fault = host, fault


class UpstreamUnreachable(EgressFault):
    """No connection, or it broke, or it took too long; `fault` says which."""

    def __init__(self, where: str, fault: str) -> None:
        """Name the destination and the fault."""
        super().__init__(f"{where}: {fault}: check that it runs and can be reached from this machine")
        self.where, self.fault = where, fault


class CertificateRefused(EgressFault):
    """The server's certificate is not one to trust for its name; `fault` says why."""

    def __init__(self, where: str, fault: str) -> None:
        """Name the destination and what is wrong with its certificate."""
        super().__init__(f"{where}: {fault}: check the address, and which authority is trusted for it")
        self.where, self.fault = where, fault


class HandshakeRefused(EgressFault):
    """TLS could not be agreed on; `word` is of `crypto.tls_faults.FAULTS`."""

    def __init__(self, where: str, word: str, detail: str) -> None:
        """Name the destination, the word and the detail."""
        super().__init__(f"{where}: TLS: {detail or word}: the server must offer TLS 1.3 and a shared group")
        self.where, self.word = where, word


class ResponseMalformed(EgressFault):
    """What came back is not HTTP/1.1."""

    def __init__(self, where: str) -> None:
        """Name the destination."""
        super().__init__(f"{where}: what came back is not HTTP/1.1: check the address and the port")
        self.where = where


class ResponseTruncated(EgressFault):
    """The response ended before it was whole."""

    def __init__(self, where: str) -> None:
        """Name the destination."""
        super().__init__(f"{where}: the response was cut short: try again")
        self.where = where


class ResponseTooLarge(EgressFault):
    """The response is larger than the caller takes, in bytes."""

    def __init__(self, where: str, most: int) -> None:
        """Name the destination and the bound."""
        super().__init__(f"{where}: the response is larger than {most} bytes, and was dropped")
        self.where, self.most = where, most


BY_ADDRESS_ONLY = frozenset({"metadata", "link-local", "multicast", "unspecified", "reserved", "translated"})
"""Kinds of address that a host's name cannot allow: names are resolved by others, and these give away most."""
