"""What the classes of an installed library keep, by their sources, their signatures and what they wrote: the rows of its table.

Rules of this file: a class is in the table where it is an estimator, or was seen in the pickle of one; where no code but the library's
own, that was looked through, runs when it is unpickled (`OWN`); and where it is none of those that a contract of its own is written for.
"""

import ast
import contextlib
import copyreg
import importlib
import importlib.util
import inspect
import io
import pickle
import pkgutil
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

_SKIPPED: Final = frozenset({"_build_utils", "_lib", "callback", "conftest", "datasets", "experimental", "externals", "testing", "tests", "_testing", "dask",
                             "spark", "plotting", "widget"})  # fmt: skip
"""Parts of libraries that no model is made of."""
OWN: Final = frozenset({
    "sklearn.base.BaseEstimator.__setstate__", "sklearn.isotonic.IsotonicRegression.__setstate__",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor.__setstate__", "lightgbm.basic.Booster.__setstate__",
    "xgboost.core.Booster.__setstate__", "catboost.core._CatBoostBase.__setstate__",
})  # fmt: skip
"""What was looked through: each keeps its state as attributes; those of boosters load a model of their own format first."""
ROOTS: Final = {
    "sklearn": ("sklearn.base.BaseEstimator", "sklearn.gaussian_process.kernels.Kernel", "sklearn.model_selection.BaseCrossValidator",
                "sklearn.model_selection.BaseShuffleSplit", "sklearn.model_selection._split._RepeatedSplits",
                "sklearn.metrics._scorer._BaseScorer", "sklearn.metrics._scorer._MultimetricScorer", "sklearn._loss.loss.BaseLoss",
                "sklearn._loss.link.BaseLink", "sklearn.neural_network._stochastic_optimizers.BaseOptimizer",
                "sklearn.utils._metadata_requests.MetadataRequest", "sklearn.utils._metadata_requests.MethodMetadataRequest",
                "sklearn.utils._metadata_requests.MetadataRouter", "sklearn.utils._metadata_requests.MethodMapping"),
    "lightgbm": ("lightgbm.LGBMModel", "lightgbm.Booster"),
    "xgboost": ("xgboost.XGBModel", "xgboost.Booster"),
    "catboost": ("catboost.CatBoost",),
}  # fmt: skip
"""Library -> classes that all its models are of."""
_ANY: Final = {"_metadata_request", "feature_names_in_", "n_features_in_"}
"""What functions outside of classes set on any estimator (utils/validation.py, utils/_metadata_requests.py)."""
_MEASURING: Final = (
    "sklearn.metrics.pairwise.PAIRWISE_KERNEL_FUNCTIONS",
    "sklearn.metrics.pairwise.PAIRWISE_DISTANCE_FUNCTIONS",
)
_CHOOSING: Final = (
    "chi2",
    "f_classif",
    "f_oneway",
    "f_regression",
    "mutual_info_classif",
    "mutual_info_regression",
    "r_regression",
)


class Seen(pickle.Pickler):
    """A pickler that notes what it is asked to write.

    Attributes:
        states: class -> names of what an instance of it kept.
        functions: functions that stood for themselves.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__(io.BytesIO(), 4)
        self.states: dict[type, set[str]] = {}
        self.functions: set[Any] = set()

    def reducer_override(self, one: Any) -> Any:  # type: ignore[explicit-override]  # noqa: ANN401 - the libraries' own environments have no @override
        """Note one object, and leave it to the pickler."""
        if isinstance(one, types.FunctionType):
            self.functions.add(one)
        elif not isinstance(one, type):
            with contextlib.suppress(Exception):
                state = one.__reduce_ex__(4)[2:3]
                names = state[0] if state and isinstance(state[0], dict) else {}
                self.states.setdefault(type(one), set()).update(
                    each for each in names if isinstance(each, str)
                )
        return NotImplemented


def classes(library: str, seen: Seen, named: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Return what each class keeps: module -> class -> names.

    Args:
        library: by the name that it is imported by.
        seen: what was pickled.
        named: (module, class) that models of another version were made of.
    """
    roots = tuple(filter(None, map(_found, ROOTS[library])))
    found = {each for each in _defined(library) if issubclass(each, roots)}
    found |= {each for each in seen.states if each.__module__.split(".")[0] == library}
    found |= {one for module, name in named if isinstance(one := _found(f"{module}.{name}"), type)}
    table: dict[str, dict[str, str]] = {}
    for one in sorted(found, key=lambda each: (each.__module__, each.__qualname__)):
        if _plain(one):
            names = sorted(_kept(one, library) | seen.states.get(one, set()))
            table.setdefault(one.__module__, {})[one.__qualname__] = " ".join(names)
    return table


def functions(library: str, seen: Seen) -> dict[str, str]:
    """Return functions that a parameter may name, all of which only compute: module -> names."""
    found = set(seen.functions)
    if library == "sklearn":
        scorers = importlib.import_module("sklearn.metrics")
        found |= {scorers.get_scorer(each)._score_func for each in scorers.get_scorer_names()}  # noqa: SLF001 - there is no other way
        for path in _MEASURING:
            found |= set((_found(path) or {}).values())
        chosen = importlib.import_module("sklearn.feature_selection")
        found |= {getattr(chosen, each) for each in _CHOOSING if hasattr(chosen, each)}
    table: dict[str, set[str]] = {}
    for one in found:
        if isinstance(one, types.FunctionType) and one.__module__.split(".")[0] in {library, "scipy"}:
            table.setdefault(one.__module__, set()).add(one.__qualname__)
    return {module: " ".join(sorted(names)) for module, names in sorted(table.items())}


def _found(path: str) -> Any:  # noqa: ANN401 - whatever the library has there
    module, _, name = path.rpartition(".")
    with contextlib.suppress(ImportError):
        return getattr(importlib.import_module(module), name, None)
    return None


def _defined(library: str) -> Iterator[type]:
    for module in _modules(importlib.import_module(library)):
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == module.__name__:
                yield one


def _modules(package: types.ModuleType) -> Iterator[types.ModuleType]:
    yield package
    for info in pkgutil.iter_modules(getattr(package, "__path__", ())):
        if info.name in _SKIPPED:
            continue
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from _modules(importlib.import_module(f"{package.__name__}.{info.name}"))


def _plain(one: type) -> bool:
    """Return whether unpickling an instance runs nothing but what was looked through."""
    sets = getattr(one, "__setstate__", None)
    where = f"{getattr(sets, '__module__', '')}.{getattr(sets, '__qualname__', '')}"
    return (
        all(getattr(one, each) is getattr(object, each) for each in ("__reduce__", "__reduce_ex__"))
        and _made_plainly(one)
        and one.__basicsize__ == _Plain.__basicsize__
        and one not in copyreg.dispatch_table
        and "." not in one.__qualname__
        and (sets is None or where in OWN)
    )


class _Plain:
    """A class like any other."""


def _made_plainly(one: type) -> bool:
    """Return whether no class of it makes instances in its own way but to warn that it is deprecated, or to be generic."""
    makers = {
        each.__dict__["__new__"] for each in one.__mro__ if "__new__" in each.__dict__ and each is not object
    }
    return all(
        "deprecated" in getattr(getattr(each, "__func__", each), "__qualname__", "") for each in makers
    )


def _kept(one: type, library: str) -> set[str]:
    """Return names of attributes that a class, or one that it is of, takes or sets."""
    names: set[str] = set()
    for each in one.__mro__:
        if each.__module__.split(".")[0] in {library, "sklearn"}:
            names |= set(_parameters(each)) | set(_set(each))
    names |= _ANY if library == "sklearn" else set()
    names |= set(_known_to(library)) if library == "lightgbm" and "Model" not in one.__name__ else set()
    return {
        each
        for each in names
        if not each.startswith("__") and not inspect.isfunction(getattr(one, each, None))
    }


@cache
def _parameters(one: type) -> Iterable[str]:
    with contextlib.suppress(TypeError, ValueError):
        return [name for name in inspect.signature(one.__init__).parameters if name != "self"]  # type: ignore[misc]
    return ()


@cache
def _known_to(library: str) -> Iterable[str]:
    """Return parameters that LightGBM's models keep under the names that they were given by."""
    aliases = _found(f"{library}.basic._ConfigAliases")
    with contextlib.suppress(Exception):
        found: Mapping[str, Iterable[str]] = aliases._get_all_param_aliases()  # noqa: SLF001 - there is no other way
        return [*found, *(each for names in found.values() for each in names)]
    return ()


def _set(one: type) -> Iterable[str]:
    """Return names of attributes that the source of a class sets."""
    return _sources(one.__module__).get(one.__qualname__, ())


@cache
def _sources(module: str) -> dict[str, set[str]]:
    """Return what each class of a module sets."""
    source = importlib.util.find_spec(module)
    if source is None or source.origin is None or not source.origin.endswith(".py"):
        return {}
    tree = ast.parse(Path(source.origin).read_bytes())
    return {node.name: set(_stored(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _stored(class_: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(class_):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            private = node.attr.startswith("__") and not node.attr.endswith("__")
            yield f"_{class_.name.lstrip('_')}{node.attr}" if private else node.attr
