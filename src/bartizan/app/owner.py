"""A client of the Admin API over the owner's socket: whoever opens it is the owner, and needs no token."""

from typing_extensions import override

from bartizan.app.admin.asking import SECONDS
from bartizan.app.admin.client import Admin
from bartizan.app.folder import Folder
from bartizan.egress.http import Client, Response


class PlatformSilent(Exception):
    """Nobody answers for this state folder."""

    def __init__(self, folder: Folder) -> None:
        """Name the folder and what to do."""
        super().__init__(f"no platform answers for {folder.root}; start it with `bartizan up`")
        self.folder = folder


class Owner(Admin):
    """A client over the owner's socket; opens a connection a question."""

    __slots__ = ("_folder",)

    def __init__(self, folder: Folder) -> None:
        """Ask the platform of this state folder; nothing is asked yet."""
        self._folder = folder

    @override
    def send(self, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
        """Return the answer to a request.

        Raises:
            PlatformSilent; PermissionError: the folder is another user's.
        """
        try:
            client = Client.unix(self._folder.owner_socket, timeout_s=SECONDS)
            return client.request(method, target, headers, body)
        except PermissionError as fault:
            raise PermissionError(fault.errno, fault.strerror, str(self._folder.owner_socket)) from fault
        except OSError as fault:
            raise PlatformSilent(self._folder) from fault
