"""The pages' addresses: what is asked, who asks, what is done, which page comes next.

Rules of this file: reading changes nothing. A form is taken only from a page of ours: Origin says so, Sec-Fetch-Site does
not say otherwise, and where somebody is signed in the form holds what only their pages do. Where a form leads is a word
of a closed set, so no address that somebody wrote leads anywhere.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from inspect import isawaitable
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.access.errors import ConsentUnknown
from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.access.people.session import LIFE
from bartizan.app.approvals import Approvals
from bartizan.app.consents import Consents
from bartizan.app.device_flow import DeviceFlow, require_fresh
from bartizan.app.everyone import Everyone
from bartizan.app.people import People, Who
from bartizan.clock import SECOND
from bartizan.console import applications, devices, others, pages
from bartizan.console.questions import CONSENT, question_of, way_through, way_to
from bartizan.crypto.secret import Secret
from bartizan.gateway.page import COOKIE, SCRIPT_PATH, SHEET_PATH
from bartizan.http.body import read
from bartizan.http.fronted import group_of
from bartizan.http.source import source
from bartizan.http.status import Status

MOST_FORM: Final = 16_384
ACCOUNT: Final = "/people"
APPLICATIONS: Final = "/people/applications"
EVERYONE: Final = "/people/everyone"
DEVICE: Final = "/people/device"
"""Where a person types the code of a device."""
WAYS: Final[Mapping[str, str]] = {
    "account": ACCOUNT,
    "applications": APPLICATIONS,
    "approvals": "/people/approvals",
    "everyone": EVERYONE,
    "device": DEVICE,
}
"""Word in `next` -> where that leads."""
_COOKIE: Final = COOKIE.decode()
_VALUE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ATTRIBUTES: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"
_GONE: Final = f"{_COOKIE}=; Max-Age=0; {_ATTRIBUTES}"
Visit = Callable[[Request], Awaitable[Response]]
Act = Callable[[Who, Mapping[str, str]], Response | Awaitable[Response]]


def visits(
    people: People,
    approvals: Approvals,
    everyone: Everyone,
    device_flow: DeviceFlow,
    consents: Consents,
) -> list[Route]:
    """Return the pages and their forms, over the work that is done for people."""
    of = _Visits(people, approvals, everyone, device_flow, consents)
    shown: Mapping[str, Visit] = {
        ACCOUNT: of.account,
        "/people/sign-in": of.sign_in,
        "/people/link": of.link,
        "/people/recover": of.recover,
        "/people/enrol": of.enrol,
        "/people/verify": of.verify,
        APPLICATIONS: of.applications,
        "/people/approvals": of.approvals,
        EVERYONE: of.everyone,
        DEVICE: of.device,
        SHEET_PATH: _file("page.css", "text/css; charset=utf-8"),
        SCRIPT_PATH: _file("passkey.js", "text/javascript; charset=utf-8"),
    }
    sent: Mapping[str, Visit] = {
        "/people/sign-in": of.sent_sign_in,
        "/people/link": of.sent_link,
        "/people/recover": of.sent_recover,
        "/people/enrol": of.sent("/people/enrol", of.enrolled),
        "/people/verify": of.sent("/people/verify", of.verified),
        "/people/passkey-remove": of.sent(ACCOUNT, of.removed),
        "/people/recovery-codes": of.sent(ACCOUNT, of.codes),
        "/people/session-end": of.sent(ACCOUNT, of.ended),
        "/people/sign-out": of.sent(ACCOUNT, of.signed_out),
        "/people/sign-out-everywhere": of.sent(ACCOUNT, of.signed_out_everywhere),
        "/people/withdraw": of.sent(APPLICATIONS, of.withdrawn),
        "/people/approvals": of.sent("/people/approvals", of.answered),
        "/people/revoke": of.sent(EVERYONE, of.revoked),
        "/people/erase": of.sent(EVERYONE, of.erased),
        DEVICE: of.sent_device,
        "/people/device-answer": of.sent(DEVICE, of.device_answered),
    }
    return [Route(path, visit, methods=["GET"]) for path, visit in shown.items()] + [
        Route(path, visit, methods=["POST"]) for path, visit in sent.items()
    ]


class _Visits:
    """One method a page or form."""

    def __init__(
        self,
        people: People,
        approvals: Approvals,
        everyone: Everyone,
        device_flow: DeviceFlow,
        consents: Consents,
    ) -> None:
        self._people, self._approvals, self._everyone = people, approvals, everyone
        self._device_flow, self._consents = device_flow, consents

    # ---- pages ---------------------------------------------------------------------------------------------
    async def account(self, request: Request) -> Response:
        return self._shown(request, lambda who: pages.account(who, self._people.account(who), _said(request)))

    async def sign_in(self, request: Request) -> Response:
        following = {"next": _next(request)} if _next(request) else {}
        if following == {"next": CONSENT}:
            following |= question_of(request.query_params)
        return _page(pages.sign_in(self._people.options(), _said(request), following))

    async def link(self, request: Request) -> Response:
        return _page(pages.link(request.query_params.get("token", "")))

    async def recover(self, request: Request) -> Response:
        return _page(pages.recover(_said(request)))

    async def enrol(self, request: Request) -> Response:
        return self._shown(request, lambda who: pages.enrol(who, self._people.enrolment(who), _said(request)))

    async def verify(self, request: Request) -> Response:
        return self._shown(
            request,
            lambda who: pages.verify(who, self._people.verification(who), _said(request), _next(request)),
        )

    async def applications(self, request: Request) -> Response:
        after = request.query_params.get("after", "")

        def page(who: Who) -> bytes:
            later = [each for each in self._consents.of(who.person) if each.application.id > after]
            return applications.page(who, later, _said(request))

        return self._shown(request, page, APPLICATIONS)

    async def approvals(self, request: Request) -> Response:
        return self._shown(
            request,
            lambda who: others.approvals(who, self._approvals.waiting(who), _said(request)),
        )

    async def everyone(self, request: Request) -> Response:
        after = request.query_params.get("after", "")
        return self._shown(
            request,
            lambda who: others.everyone(who, self._everyone.some(who, after), _said(request)),
            EVERYONE,
        )

    async def device(self, request: Request) -> Response:
        def page(who: Who) -> bytes:
            require_fresh(who)
            return devices.code(who, _said(request))

        return self._shown(request, page, DEVICE)

    def _shown(self, request: Request, page: Callable[[Who], bytes], back: str = ACCOUNT) -> Response:
        try:
            return _page(page(self._people.who(session_cookie(request), group_of(request))))
        except SignInRefused as fault:
            return _elsewhere(fault, back)

    # ---- forms of who is not signed in ---------------------------------------------------------------------
    async def sent_sign_in(self, request: Request) -> Response:
        form = await self._foreign_or_form(request)
        if isinstance(form, Response):
            return form
        way, question = WAYS.get(form.get("next", ""), ACCOUNT), question_of(form)
        leads = form.get("next") == CONSENT and bool(question)
        return self._began(
            lambda: self._people.sign_in(
                form.get("credential", ""), session_cookie(request), source(request)
            ),
            way_to(question) if leads else way,
            lambda said: way_through(question if leads else {}, said),
        )

    async def sent_link(self, request: Request) -> Response:
        form = await self._foreign_or_form(request)
        if isinstance(form, Response):
            return form
        return self._began(
            lambda: self._people.follow(form.get("token", ""), session_cookie(request), source(request)),
            ACCOUNT,
            _back("/people/sign-in"),
        )

    async def sent_recover(self, request: Request) -> Response:
        form = await self._foreign_or_form(request)
        if isinstance(form, Response):
            return form
        return self._began(
            lambda: self._people.recover(form.get("code", ""), session_cookie(request), source(request)),
            ACCOUNT,
            _back("/people/recover"),
        )

    @staticmethod
    def _began(begin: Callable[[], Secret], way: str, back: Callable[[str], str]) -> Response:
        try:
            cookie = begin().reveal().decode()
        except SignInRefused as fault:
            return _to(back(fault.reason))
        return _to(way, f"{_COOKIE}={cookie}; Max-Age={LIFE // SECOND}; {_ATTRIBUTES}")

    # ---- forms of who is -----------------------------------------------------------------------------------
    def sent(self, back: str, act: Act) -> Visit:
        """Return what takes a form of somebody who is signed in."""

        async def take(request: Request) -> Response:
            form = await self._foreign_or_form(request)
            if isinstance(form, Response):
                return form
            try:
                who = self._people.who(session_cookie(request), group_of(request))
                if not _is_own(who, form):
                    return self._foreign()
                done = act(who, form)
                return await done if isawaitable(done) else done
            except SignInRefused as fault:
                return _elsewhere(fault, back)

        return take

    def enrolled(self, who: Who, form: Mapping[str, str]) -> Response:
        self._people.enrol(who, form.get("credential", ""), form.get("label", ""))
        return _to(f"{ACCOUNT}?said=passkey-added")

    def verified(self, who: Who, form: Mapping[str, str]) -> Response:
        self._people.verify(who, form.get("credential", ""))
        return _to(f"{WAYS.get(form.get('next', ''), ACCOUNT)}?said=verified")

    def removed(self, who: Who, form: Mapping[str, str]) -> Response:
        self._people.remove(who, form.get("passkey", ""))
        return _to(f"{ACCOUNT}?said=passkey-removed")

    def codes(self, who: Who, _: Mapping[str, str]) -> Response:
        given = self._people.codes(who)
        return _page(pages.codes(who, [each.reveal().decode() for each in given]))

    def ended(self, who: Who, form: Mapping[str, str]) -> Response:
        self._people.sign_out(who, form.get("session", ""))
        return _to(f"{ACCOUNT}?said=session-gone")

    def signed_out(self, who: Who, _: Mapping[str, str]) -> Response:
        self._people.sign_out(who)
        return _to("/people/sign-in?said=signed-out", _GONE)

    def signed_out_everywhere(self, who: Who, _: Mapping[str, str]) -> Response:
        self._people.sign_out_everywhere(who)
        return _to("/people/sign-in?said=signed-out-everywhere", _GONE)

    def answered(self, who: Who, form: Mapping[str, str]) -> Response:
        approve = form.get("answer") == "approve"
        self._approvals.answer(who, form.get("approval", ""), approve=approve)
        return _to(f"{WAYS['approvals']}?said={'approved' if approve else 'denied'}")

    async def withdrawn(self, who: Who, form: Mapping[str, str]) -> Response:
        try:
            await self._consents.withdraw(who.person, form.get("application", ""), who.person.pseudonym)
        except ConsentUnknown as fault:
            raise SignInRefused(Fault.CONSENT_UNKNOWN) from fault
        return _to(f"{APPLICATIONS}?said=withdrawn")

    async def revoked(self, who: Who, form: Mapping[str, str]) -> Response:
        await self._everyone.revoke(who, form.get("principal", ""))
        return _to(f"{EVERYONE}?said=revoked")

    async def erased(self, who: Who, form: Mapping[str, str]) -> Response:
        done = await self._everyone.erase(who, form.get("principal", ""))
        return _to(f"{EVERYONE}?said={'erased' if done else 'approval-asked'}")

    async def sent_device(self, request: Request) -> Response:
        def asked(who: Who, form: Mapping[str, str]) -> Response:
            try:
                question = self._device_flow.question(who, form.get("code", ""), source(request))
            except SignInRefused as fault:
                self._people.refused(fault)
                raise
            return _page(devices.question(who, question))

        return await self.sent(DEVICE, asked)(request)

    def device_answered(self, who: Who, form: Mapping[str, str]) -> Response:
        yes = form.get("answer") == "allow"
        self._device_flow.answer(who, form.get("request", ""), form.get("token", ""), yes=yes)
        return _to(f"{ACCOUNT}?said={'device-allowed' if yes else 'device-refused'}")

    # ---- where a form comes from ---------------------------------------------------------------------------
    async def _foreign_or_form(self, request: Request) -> Response | dict[str, str]:
        """Return a form that a page of ours sent, or what answers one of another's."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        if request.headers.get("origin") != self._people.origin or site != "same-origin":
            return self._foreign()
        body = await read(request, MOST_FORM)
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))

    def _foreign(self) -> Response:
        fault = SignInRefused(Fault.FORM_FOREIGN)
        self._people.refused(fault)
        return _page(pages.refused(str(fault)), Status.FORBIDDEN)


def _is_own(who: Who, form: Mapping[str, str]) -> bool:
    """Return whether a form holds what only the pages of its sender's session do."""
    return hmac.compare_digest(form.get("csrf", "").encode(), who.form.encode())


def _elsewhere(fault: SignInRefused, back: str) -> Response:
    """Return where a refusal leads: to sign in, to prove it again, or back with a word of what is wrong."""
    if fault.fault is Fault.SESSION_ENDED:
        way = "/people/sign-in?next=device&" if back == DEVICE else "/people/sign-in?"
        return _to(f"{way}said={fault.reason}")
    if fault.fault in {Fault.VERIFICATION_OLD, Fault.PASSKEY_SYNCED}:
        following = next((word for word, way in WAYS.items() if way == back), "account")
        return _to(f"/people/verify?next={following}&said={fault.reason}")
    if fault.fault is Fault.NOT_PERMITTED:
        return _page(pages.refused(str(fault)), Status.FORBIDDEN)
    return _to(f"{back}?said={fault.reason}")


def _page(octets: bytes, status: Status = Status.OK) -> Response:
    return Response(octets, status, {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"})


def _to(way: str, cookie: str = "") -> Response:
    headers = {"location": way, "cache-control": "no-store"}
    return Response(b"", Status.SEE_OTHER, headers | ({"set-cookie": cookie} if cookie else {}))


def _file(name: str, media: str) -> Visit:
    octets = resources.files("bartizan.console").joinpath(name).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(octets, Status.OK, {"content-type": media, "cache-control": "no-cache"})

    return answer


def session_cookie(request: Request) -> str:
    """Return the value of the session's cookie, empty where a browser has none of its form."""
    found = request.cookies.get(_COOKIE, "")
    return found if _VALUE.fullmatch(found) else ""


def _back(path: str) -> Callable[[str], str]:
    return lambda said: f"{path}?said={said}"


def _said(request: Request) -> str:
    return request.query_params.get("said", "")


def _next(request: Request) -> str:
    following = request.query_params.get("next", "")
    return following if following in WAYS or following == CONSENT else ""
