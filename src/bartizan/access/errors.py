"""What the register refuses; each says what is wrong and what to do."""


class AccessRefused(Exception):
    """The root of this room's errors; `reason` is a word of a closed set."""

    reason = "access-refused"


class PrincipalExists(AccessRefused):
    """The name is taken."""

    reason = "principal-exists"

    def __init__(self, principal: str) -> None:
        """Carry the id."""
        super().__init__(
            f"{principal} is registered already; choose another name, or free this one and take it on purpose: "
            f"`bartizan identity erase {principal}`, then add it with --reuse"
        )
        self.principal = principal


class NameErased(AccessRefused):
    """The name was somebody's who was erased."""

    reason = "name-erased"

    def __init__(self, principal: str) -> None:
        """Carry the id."""
        super().__init__(
            f"{principal} was somebody's who was erased, and policies may still mean them by it; choose another name, or "
            "let it be used again, as an owner, once no policy gives it what the new one must not have: --reuse"
        )
        self.principal = principal


class PrincipalUnknown(AccessRefused):
    """Nobody of that id."""

    reason = "principal-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no such principal; `bartizan identity list` shows who is registered")


class PrincipalRevoked(AccessRefused):
    """Somebody whose tokens are refused asks for one."""

    reason = "principal-revoked"

    def __init__(self, principal: str) -> None:
        """Carry the id."""
        super().__init__(
            f"{principal} is revoked, which cannot be taken back: `bartizan identity erase {principal}`, "
            "and register it anew with --reuse"
        )
        self.principal = principal


class SecretAbsent(AccessRefused):
    """Somebody without a client secret is to get another one."""

    reason = "secret-absent"

    def __init__(self, principal: str) -> None:
        """Carry the id."""
        super().__init__(f"{principal} has no client secret that another could take the place of")
        self.principal = principal


class NotTheOwners(AccessRefused):
    """The owner may mint for itself and for the drill; others have their own secrets."""

    reason = "not-the-owners"

    def __init__(self, principal: str) -> None:
        """Carry the id."""
        super().__init__(f"the owner has no token for {principal}; it asks /oauth/token with its own secret")
        self.principal = principal


class PolicyVersionUnknown(AccessRefused):
    """No version of the policies has that number."""

    reason = "policy-version-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "no such version of the policies; `bartizan policy versions` lists those that are kept"
        )


class ClientKeyRefused(AccessRefused):
    """A client's key that cannot be registered."""

    reason = "client-key-refused"

    def __init__(self, fault: str) -> None:
        """Say what is wrong; never repeat the key."""
        super().__init__(f"the client's keys are not taken: {fault}")
        self.fault = fault


class RotationUnderWay(AccessRefused):
    """A new key of the issuer is published already, and does not sign yet."""

    reason = "rotation-under-way"

    def __init__(self, seconds: int) -> None:
        """Carry how long it takes until that one signs."""
        super().__init__(f"a new key is published and signs in {seconds} s; rotate again after that")
        self.seconds = seconds


class RedirectRefused(AccessRefused):
    """An address that an application cannot have people sent back to."""

    reason = "redirect-refused"

    def __init__(self, fault: str) -> None:
        """Say which are taken."""
        super().__init__(f"the application's addresses are not taken: {fault}")
        self.fault = fault


class IssuerNotConfigured(AccessRefused):
    """Somebody is to be known by an issuer whose tokens are not taken here."""

    reason = "issuer-not-configured"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no [[issuer]] of bartizan.toml has this url, to the letter; configure it first")


class SubjectLinked(AccessRefused):
    """A subject of an issuer is somebody here already."""

    reason = "subject-linked"

    def __init__(self, principal: str) -> None:
        """Carry the id."""
        super().__init__(
            f"this subject of the issuer is {principal} already; first free it: bartizan identity erase {principal}"
        )
        self.principal = principal


class ConsentUnknown(AccessRefused):
    """Somebody lets no application of that name act for them."""

    reason = "consent-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no such application acts for them; list those that do: GET /admin/v1/consents")


class DeviceUnknown(AccessRefused):
    """No device has that key, and none asks to be admitted with it."""

    reason = "device-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no device asks with that key, or it did over a day ago; see `bartizan device list`")


class EnrolmentsFull(AccessRefused):
    """So many keys ask to be admitted that one more finds no place."""

    reason = "enrolments-full"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "too many keys ask to be admitted, from everywhere; ask again later, or have the owner refuse some: "
            "bartizan device list"
        )


class DeviceKeyTaken(AccessRefused):
    """A key is another device's already."""

    reason = "device-key-taken"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "that key is another device's already; first free it: bartizan identity erase device.NAME"
        )
