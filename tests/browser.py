"""A real Chromium, driven over its own pipe (Chrome DevTools Protocol); it shares no code with the platform."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

_ON_3_AND_4 = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
WAIT_S = 120
"""Seconds for what a busy machine does late."""


def needed() -> str:
    """Return Chromium's path; a test that needs it stands aside where there is none."""
    found = shutil.which("chromium")
    if found is None or shutil.which("certutil") is None:
        pytest.skip("needs chromium and libnss3-tools: apt-get install chromium libnss3-tools")
    return found


class BrowserFault(Exception):
    """What the browser answered instead of doing it."""


class Wire:
    """The pipe to one Chromium: commands go in, answers come back; what it tells besides is not listened to."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._number, self._rest = to, back, 0, b""

    def call(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        """Return what a command of the protocol answers."""
        self._number += 1
        said: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            said["sessionId"] = session
        os.write(self._to, json.dumps(said).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserFault(answer["error"]["message"])
                result: dict[str, Any] = answer["result"]
                return result

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._back, 1 << 20)
            if not piece:
                raise BrowserFault("the browser is gone")
            self._rest += piece
        one, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(one)
        return message


class Browser:
    """One tab, with cookies and passkeys of its own."""

    def __init__(self, wire: Wire, context: str = "") -> None:
        self._wire = wire
        of = {"browserContextId": context} if context else {}
        target = wire.call("Target.createTarget", url="about:blank", **of)["targetId"]
        self.session = str(wire.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    @contextmanager
    def beside(self) -> Iterator["Browser"]:
        """Yield another person's browser: nothing of this one's is known to it but which authorities are trusted."""
        context = str(self._wire.call("Target.createBrowserContext")["browserContextId"])
        yield Browser(self._wire, context)
        self._wire.call("Target.disposeBrowserContext", browserContextId=context)

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Return what a command of the protocol answers."""
        return self._wire.call(method, self.session, **params)

    def open(self, url: str) -> str:
        """Go to an address; return the text of the fault, empty where there is none."""
        said = self.call("Page.navigate", url=url)
        if not said.get("errorText"):
            self.until("document.readyState === 'complete' && location.href !== 'about:blank'")
        return str(said.get("errorText", ""))

    def do(self, script: str) -> Any:  # noqa: ANN401 - whatever the page has
        """Return the value of an expression in the page."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise BrowserFault(str(said["exceptionDetails"]))
        return said["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression in the page is true."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            with suppress(BrowserFault):  # a page that is being left has no answers
                if self.do(f"Boolean({script})"):
                    return
            time.sleep(0.02)
        pytest.fail(f"never came true: {script}; the page is {self.path}: {self.text}")

    def press(self, label: str) -> None:
        """Press the button with this label, or else this name for screen readers, and wait for the next page."""
        found = (
            f"[...document.querySelectorAll('button')].find(one => !one.disabled && "
            f"(one.textContent === {json.dumps(label)} || one.ariaLabel === {json.dumps(label)}))"
        )
        self.until(found)
        self.do("window.leaving = true")
        self.do(f"{found}.click()")
        self.until("!window.leaving && document.readyState === 'complete'")

    @property
    def text(self) -> str:
        """Return what the page says."""
        return str(self.do("document.body.innerText"))

    @property
    def path(self) -> str:
        """Return path and query of the page."""
        return str(self.do("location.pathname + location.search"))

    def authenticator(
        self, *, synced: bool = False, verifies: bool = True, transport: str = "internal"
    ) -> str:
        """Return the id of a new virtual authenticator."""
        self.call("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": transport,
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
            "defaultBackupEligibility": synced,
            "defaultBackupState": synced,
        }
        return str(self.call("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"])

    def cookies(self, url: str) -> list[dict[str, Any]]:
        """Return the cookies of an address."""
        found: list[dict[str, Any]] = self.call("Network.getCookies", urls=[url])["cookies"]
        return found

    def picture(self, scheme: str, width: int = 900) -> bytes:
        """Return the page as a picture (PNG) in a colour scheme, light or dark."""
        feature = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=feature)
        self.call("Emulation.setScrollbarsHidden", hidden=True)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=700, deviceScaleFactor=1, mobile=False
        )
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])


@contextmanager
def browser(home: Path) -> Iterator[Browser]:
    """Yield a browser of whoever lives in this folder, in a new profile: it trusts what is trusted there."""
    program = needed()
    with ExitStack() as stack:
        profile = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        )
        to, back = _pipes(stack)
        words = [
            *(program, "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu"),
            *("--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"),
            *(f"--user-data-dir={profile}", "about:blank"),
        ]
        process = subprocess.Popen(
            [sys.executable, "-c", _ON_3_AND_4, str(to[0]), str(back[1]), *words],
            pass_fds=(to[0], back[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(home)},
        )
        stack.callback(_end, process)
        os.close(to[0])
        os.close(back[1])
        yield Browser(Wire(to[1], back[0]))


def _pipes(stack: ExitStack) -> tuple[tuple[int, int], tuple[int, int]]:
    ends = []
    for end in (*os.pipe(), *os.pipe()):  # away from 3 and 4, which the browser takes
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(end)
    for end in (ends[1], ends[2]):
        stack.callback(os.close, end)
    return (ends[0], ends[1]), (ends[2], ends[3])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
