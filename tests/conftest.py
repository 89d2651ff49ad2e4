"""How the suite runs: fast tests first, what was not run named, and in CI nothing skipped.

A person without root or without the data beside the clone still gets a passing suite, and reads which tests stood
aside. CI (`CI=true`) has all they need, so there a test that stands aside has failed.
"""

import gc
import os
import resource
import signal
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, settings

from bartizan.control import Control
from tests.together import InOrder
from tools.discovered import controls as discovered

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", settings.get_profile("default"), max_examples=10_000)
settings.load_profile("default")

DESCRIPTORS = 1024
"""Debian's default for a user."""
LONGEST = {"test_compiled.py", "test_drill.py"}
"""Files whose tests take minutes; begun last, one process would be left with them at the end."""
_skipped: dict[str, str] = {}


def pytest_configure() -> None:
    """Run as at a person's terminal, wherever it is run.

    A script's background has us ignore Ctrl-C and hang-ups, and what the tests start would inherit that; of a signal
    that is caught it gets the default, so catch it and do nothing. And no more descriptors than most people have.
    """
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, DESCRIPTORS), most))
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes run the whole suite: two more than processors, since slow tests mostly wait."""
    return len(os.sched_getaffinity(0)) + 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> InOrder | None:
    """Keep the order of the tests, unless asked for another distribution."""
    return InOrder(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what is marked slow last, the longest of it first, and mark what hypothesis drives, for `make fuzz` to find."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.property)
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    """Return where a test stands: the higher, the later."""
    if item.get_closest_marker("slow") is None:
        return 0
    return 1 if item.path.name in LONGEST else 2


def pytest_collection_finish() -> None:
    """Have the collector of cycles leave alone what lasts as long as the run: thousands of tests, and all that they import."""
    gc.collect()
    gc.freeze()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember each test that stood aside, and why."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _remember(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember each file that stood aside as a whole."""
    if report.skipped:
        _remember(report)


def _remember(report: pytest.TestReport | pytest.CollectReport) -> None:
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    _skipped[report.nodeid] = why.removeprefix("Skipped: ")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in CI in which a test stood aside."""
    if _skipped and os.environ.get("CI") == "true" and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was not run."""
    if not _skipped:
        return
    verdict = "in CI that is a failure" if os.environ.get("CI") == "true" else "nothing says that these hold"
    terminalreporter.section(f"not run: {len(_skipped)}; {verdict}")
    for name, why in _skipped.items():
        terminalreporter.line(f"{name}: {why}")


@pytest.fixture(scope="session")
def controls() -> Mapping[str, Control]:
    """Return every control of the seven rooms and of outside packages, by id."""
    return discovered()
