"""Engines that count limits: a process's memory, and servers, each plain and over TLS where it can."""

from collections.abc import Iterator

import pytest

from tests.store.engines import Engine, Memory, Shared, shared
from tests.valkey import engines


@pytest.fixture(scope="module", params=engines())
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with shared(request.param, tmp_path_factory.mktemp("papers")) as engine:
        yield engine


@pytest.fixture(scope="module", params=["memory", *engines()])
def each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if request.param == "memory":
        yield Memory()
        return
    with shared(request.param, tmp_path_factory.mktemp("papers")) as engine:
        yield engine


@pytest.fixture
def engine(each: Engine) -> Engine:
    each.fresh()
    return each
