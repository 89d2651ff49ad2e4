"""Schedules: one function a route."""

from bartizan.admin import schedules as table
from bartizan.admin.forms import Page, Paged
from bartizan.admin.route import Nothing
from bartizan.admin.schedules import Shown
from bartizan.app.admin.cursor import Cursors, following
from bartizan.app.schedule.keep import Scheduler, ScheduleUnknown
from bartizan.http.admin.call import Bound, Call, shown


class Schedules:
    """Schedules over HTTP."""

    def __init__(self, scheduler: Scheduler, cursors: Cursors) -> None:
        """Take who keeps them."""
        self._scheduler, self._cursors = scheduler, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.LIST, self.list),
            shown(table.READ, self.read),
            shown(table.RUN, self.run),
        )

    def list(self, call: Call[Nothing, Paged]) -> Page[Shown]:
        """Return a page of them."""
        every = following(self._scheduler.list(), lambda each: each.name)
        return self._cursors.page(table.LIST.name, call.query, every, lambda each: each.name)

    def read(self, call: Call[Nothing, Nothing]) -> Shown:
        """Return one."""
        known = {each.name: each for each in self._scheduler.list()}
        found = known.get(call.segments["schedule"])
        if found is None:
            raise ScheduleUnknown(known)
        return found

    def run(self, call: Call[Nothing, Nothing]) -> Shown:
        """Start a run of one."""
        return self._scheduler.run(call.segments["schedule"], call.caller.actor)
