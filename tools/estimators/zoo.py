"""Fitted estimators of every kind that the installed libraries have, each on a few rows that it takes."""

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

Made = Callable[[], Any]
_ROWS: Final = 24
_TEXTS: Final = ["a model of words", "words of a model", "nothing else", "a word more"] * 6


def got(path: str) -> Any:  # noqa: ANN401 - whatever the library has there
    """Return what a dotted path leads to: `sklearn.svm.SVC`."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def data() -> Iterator[tuple[Any, ...]]:
    """Yield arguments of `fit`, the usual ones first."""
    numpy = importlib.import_module("numpy")
    random = numpy.random.RandomState(0)
    rows = numpy.abs(random.normal(size=(_ROWS, 4))).round(2) + 0.01
    classes, numbers = numpy.arange(_ROWS) % 3, rows[:, 0] * 2 + 1
    yield rows, classes
    yield rows, classes % 2
    yield rows, numbers
    yield rows, numpy.stack([numbers, numbers * 2], axis=1)
    yield rows, numpy.stack([classes % 2, (classes + 1) % 2], axis=1)
    yield (rows,)
    yield rows, rows
    yield rows @ rows.T, classes
    yield rows[:, 0], numbers
    yield (_TEXTS,)
    yield _TEXTS, classes
    yield ([{"a": 1.0, "b": "x"}, {"a": 2.0}] * 6,)
    yield ([["a", "b"], ["b"], ["c"]] * 4,)
    yield (classes,)


def fitted(made: Made) -> Any:  # noqa: ANN401 - an estimator
    """Return one fitted on the first rows that it takes; None where it takes none."""
    for arguments in data():
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return made().fit(*arguments)
    return None


_GIVEN: Final = {
    "ClassifierChain": ("estimator",), "RegressorChain": ("estimator",), "MultiOutputClassifier": ("estimator",),
    "MultiOutputRegressor": ("estimator",), "OneVsOneClassifier": ("estimator",), "OneVsRestClassifier": ("estimator",),
    "OutputCodeClassifier": ("estimator",), "SelectFromModel": ("estimator",), "RFE": ("estimator",), "RFECV": ("estimator",),
    "SequentialFeatureSelector": ("estimator",), "SelfTrainingClassifier": ("estimator",), "FixedThresholdClassifier": ("estimator",),
    "TunedThresholdClassifierCV": ("estimator",), "FrozenEstimator": ("estimator",), "Pipeline": ("steps",),
    "FeatureUnion": ("transformer_list",), "ColumnTransformer": ("transformers",), "StackingClassifier": ("estimators",),
    "StackingRegressor": ("estimators",), "VotingClassifier": ("estimators",), "VotingRegressor": ("estimators",),
    "GridSearchCV": ("estimator", "param_grid"), "RandomizedSearchCV": ("estimator", "param_distributions"),
    "HalvingGridSearchCV": ("estimator", "param_grid"), "HalvingRandomSearchCV": ("estimator", "param_distributions"),
    "SparseCoder": ("dictionary",), "GaussianRandomProjection": ("n_components",), "SparseRandomProjection": ("n_components",),
    "TSNE": ("perplexity",),
}  # fmt: skip
"""Estimators with arguments that they do not do without."""


def _within(name: str) -> Any:  # noqa: ANN401 - an estimator
    regression = "Regressor" in name or name.endswith("VotingRegressor")
    return got("sklearn.linear_model.Ridge" if regression else "sklearn.linear_model.LogisticRegression")()


def _arguments(name: str) -> dict[str, Any]:
    scaler, inner = got("sklearn.preprocessing.StandardScaler"), _within(name)
    other = got(f"sklearn.tree.DecisionTree{'Regressor' if 'Regressor' in name else 'Classifier'}")(
        max_depth=2
    )
    return {
        "estimator": inner if name != "FrozenEstimator" else fitted(lambda: inner),
        "steps": [("scale", scaler()), ("model", inner)],
        "transformer_list": [("scale", scaler()), ("parts", got("sklearn.decomposition.PCA")(2))],
        "transformers": [("scale", scaler(), [0, 1]), ("rest", "passthrough", slice(2, 4))],
        "estimators": [("one", inner), ("two", other)],
        "param_grid": {"C": [0.5, 1.0]},
        "param_distributions": {"C": [0.5, 1.0, 2.0], "fit_intercept": [True, False]},
        "dictionary": importlib.import_module("numpy").eye(4),
        "n_components": 2,
        "perplexity": 3,
    }


_SMALL: Final = {"n_estimators": 3, "max_iter": 20, "max_depth": 2, "min_cluster_size": 3, "n_init": 2, "n_iter": 2, "cv": 2, "perplexity": 3,
                 "n_quantiles": 8, "max_no_improvement": 2, "min_samples": 3}  # fmt: skip
"""Parameters that keep a fit short and a file small."""


def plain() -> Iterator[tuple[str, Any]]:
    """Yield every estimator of scikit-learn, fitted: (name, it)."""
    with contextlib.suppress(ImportError):
        importlib.import_module("sklearn.experimental.enable_halving_search_cv")
    for name, class_ in got("sklearn.utils.all_estimators")():
        given = {key: value for key, value in _arguments(name).items() if key in _GIVEN.get(name, ())}
        small = {} if name == "SelectFromModel" else _SMALL
        yield name, fitted(partial(_one, class_, given, small))


def _one(class_: Any, given: dict[str, Any], small: dict[str, Any]) -> Any:  # noqa: ANN401 - an estimator
    with contextlib.suppress(TypeError):
        known = class_(**given).get_params(deep=False)
        return class_(
            **given, **{key: value for key, value in small.items() if key in known and key not in given}
        )
    return class_(**given)


_OTHERS: Final[dict[str, str]] = {
    "pipeline-text": "make_pipeline(TfidfVectorizer(), LogisticRegression())",
    "pipeline-deep": "make_pipeline(make_union(StandardScaler(), PCA(2)), SelectKBest(f_classif, k=2), SVC(probability=False))",
    "grid-forest": "GridSearchCV(RandomForestClassifier(n_estimators=2), {'max_depth': [1, 2]}, cv=2)",
    "grid-pipeline": "GridSearchCV(Pipeline([('s', StandardScaler()), ('m', SVC())]), {'m__C': [1, 2.5]}, cv=StratifiedKFold(2), scoring='accuracy')",
    "random-search": "RandomizedSearchCV(SVC(), {'C': scipy.stats.uniform(0.1, 2)}, n_iter=2, cv=2, random_state=0)",
    "columns": "ColumnTransformer([('n', StandardScaler(), [0, 1]), ('c', OneHotEncoder(dtype=np.float32), [2]), ('d', 'drop', [3])])",
    "columns-remainder": "ColumnTransformer([('n', MinMaxScaler(), [0])], remainder='passthrough')",
    "voting": "VotingClassifier([('a', GaussianNB()), ('b', KNeighborsClassifier(3)), ('c', RandomForestClassifier(n_estimators=2))], voting='soft')",
    "stacking": "StackingClassifier([('a', GaussianNB()), ('b', DecisionTreeClassifier(max_depth=2))], LogisticRegression(), cv=2)",
    "calibrated-isotonic": "CalibratedClassifierCV(GaussianNB(), method='isotonic', cv=2)",
    "gradient-random-state": "GradientBoostingClassifier(n_estimators=2, random_state=np.random.RandomState(3))",
    "adaboost": "AdaBoostClassifier(n_estimators=3)",
    "bagging-features": "BaggingClassifier(n_estimators=3, max_features=2)",
    "isolation-features": "IsolationForest(n_estimators=3, max_features=2)",
    "hist-categories": "HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=4, min_samples_leaf=2, categorical_features=[0])",
    "hist-poisson": "HistGradientBoostingRegressor(loss='poisson', max_iter=3, min_samples_leaf=2)",
    "hist-quantile": "HistGradientBoostingRegressor(loss='quantile', quantile=0.3, max_iter=3, min_samples_leaf=2)",
    "gradient-huber": "GradientBoostingRegressor(loss='huber', n_estimators=2)",
    "gradient-quantile": "GradientBoostingRegressor(loss='quantile', n_estimators=2)",
    "tree-sparse": "Sparse(DecisionTreeClassifier(max_depth=3))",
    "neighbours-ball": "KNeighborsClassifier(3, algorithm='ball_tree')",
    "neighbours-kd": "KNeighborsRegressor(3, algorithm='kd_tree')",
    "neighbours-brute-sparse": "Sparse(KNeighborsClassifier(3, algorithm='brute'))",
    "neighbours-haversine": "KernelDensity(algorithm='ball_tree', metric='manhattan')",
    "process-kernel": "GaussianProcessRegressor(kernels.RBF() * kernels.ConstantKernel() + kernels.WhiteKernel())",
    "process-classes": "GaussianProcessClassifier(kernels.Matern(nu=1.5))",
    "svc-sparse": "Sparse(SVC())",
    "svc-probability": "SVC(probability=True)",
    "function-log": "FunctionTransformer(np.log1p)",
    "function-exp": "FunctionTransformer(np.log1p, np.expm1, validate=True)",
    "function-none": "FunctionTransformer()",
    "sgd-huber": "SGDRegressor(loss='huber')",
    "sgd-log": "SGDClassifier(loss='log_loss')",
    "ridge-search": "RidgeCV(scoring=make_scorer(mean_squared_error, greater_is_better=False))",
    "scorer-name": "GridSearchCV(Ridge(), {'alpha': [1.0]}, scoring=['r2', 'neg_mean_absolute_error'], refit='r2', cv=2)",
    "scorer-made": "GridSearchCV(Ridge(), {'alpha': [1.0]}, scoring=make_scorer(r2_score), cv=2)",
    "spline": "make_pipeline(SplineTransformer(n_knots=3), Ridge())",
    "power": "make_pipeline(PowerTransformer(), QuantileTransformer(n_quantiles=5), Ridge())",
    "target": "TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)",
    "imputer": "make_pipeline(SimpleImputer(add_indicator=True), KNNImputer(), Ridge())",
    "imputer-iterative": "IterativeImputer(max_iter=2)",
    "trees-embedding": "make_pipeline(RandomTreesEmbedding(n_estimators=2, max_depth=2), LogisticRegression())",
    "count": "CountVectorizer(ngram_range=(1, 2), stop_words='english')",
    "hashing": "make_pipeline(HashingVectorizer(n_features=16), LogisticRegression())",
    "multi-output-forest": "RandomForestClassifier(n_estimators=2, max_depth=3)",
    "birch": "Birch(n_clusters=2)",
    "mini-batch": "MiniBatchKMeans(2, n_init=1)",
    "out-of-bag": "RandomForestClassifier(n_estimators=4, oob_score=True, class_weight='balanced')",
    "pandas-output": "make_pipeline(StandardScaler().set_output(transform='pandas'), Ridge())",
    "unfitted": "Unfitted(make_pipeline(StandardScaler(), Ridge()))",
    "monotonic": "HistGradientBoostingRegressor(max_iter=2, min_samples_leaf=2, monotonic_cst=[1, 0, 0, 0], interaction_cst=[{0, 1}, {2, 3}])",
    "early": "MLPClassifier((4,), max_iter=5, early_stopping=True, validation_fraction=0.3)",
    "lightgbm-classes": "LGBMClassifier(n_estimators=3, min_child_samples=2, verbose=-1)",
    "lightgbm-numbers": "LGBMRegressor(n_estimators=3, min_child_samples=2, verbose=-1)",
    "lightgbm-ranks": "Ranked(LGBMRanker(n_estimators=3, min_child_samples=2, verbose=-1))",
    "lightgbm-booster": "Attribute(LGBMRegressor(n_estimators=3, min_child_samples=2, verbose=-1), 'booster_')",
    "lightgbm-unfitted": "Unfitted(LGBMClassifier())",
    "lightgbm-early": "Evaluated(LGBMRegressor(n_estimators=3, min_child_samples=2, verbose=-1))",
    "lightgbm-pipeline": "make_pipeline(StandardScaler(), LGBMClassifier(n_estimators=2, min_child_samples=2, verbose=-1))",
    "xgboost-classes": "XGBClassifier(n_estimators=3, max_depth=2)",
    "xgboost-numbers": "XGBRegressor(n_estimators=3, max_depth=2)",
    "xgboost-ranks": "Ranked(XGBRanker(n_estimators=3, max_depth=2))",
    "xgboost-forest": "XGBRFClassifier(n_estimators=3, max_depth=2)",
    "xgboost-linear": "XGBRegressor(booster='gblinear', n_estimators=3)",
    "xgboost-dart": "XGBRegressor(booster='dart', n_estimators=3)",
    "xgboost-booster": "Called(XGBRegressor(n_estimators=3, max_depth=2), 'get_booster')",
    "xgboost-unfitted": "Unfitted(XGBClassifier())",
    "xgboost-early": "Evaluated(XGBRegressor(n_estimators=3, early_stopping_rounds=2))",
    "xgboost-grid": "GridSearchCV(XGBClassifier(n_estimators=2), {'max_depth': [1, 2]}, cv=2)",
    "catboost-classes": "CatBoostClassifier(iterations=3, depth=2, verbose=False, allow_writing_files=False)",
    "catboost-numbers": "CatBoostRegressor(iterations=3, depth=2, verbose=False, allow_writing_files=False)",
    "catboost-plain": "CatBoost(dict(iterations=3, depth=2, verbose=False, allow_writing_files=False))",
    "catboost-ranks": "Grouped(CatBoostRanker(iterations=3, depth=2, verbose=False, allow_writing_files=False))",
    "catboost-unfitted": "Unfitted(CatBoostClassifier(iterations=3))",
    "catboost-evaluated": "Evaluated(CatBoostRegressor(iterations=3, depth=2, verbose=False, allow_writing_files=False))",
}  # fmt: skip
"""Name -> how one is made, in Python over the names that `_Names` looks up."""
_PLACES: Final = """
sklearn.pipeline sklearn.preprocessing sklearn.linear_model sklearn.svm sklearn.tree sklearn.ensemble sklearn.naive_bayes sklearn.neighbors
sklearn.decomposition sklearn.compose sklearn.model_selection sklearn.feature_extraction.text sklearn.feature_selection sklearn.gaussian_process
sklearn.calibration sklearn.impute sklearn.cluster sklearn.neural_network sklearn.metrics lightgbm xgboost catboost
"""


class _Names(dict[str, Any]):
    """Names of the libraries, looked up where they are used."""

    def __missing__(self, name: str) -> Any:  # noqa: ANN401 - whatever the library has there
        for place in _PLACES.split():
            with contextlib.suppress(ImportError, AttributeError):
                return got(f"{place}.{name}")
        raise KeyError(name)


class _Fit:
    """An estimator that is fitted in a way of its own."""

    def __init__(self, one: Any, fit: Callable[[Any], Any]) -> None:  # noqa: ANN401 - an estimator
        self.one, self.how = one, fit

    def fit(self, *_: object) -> Any:  # noqa: ANN401 - an estimator
        return self.how(self.one)


def _ways() -> dict[str, Any]:
    rows, classes = next(data())
    sparse = importlib.import_module("scipy.sparse").csr_matrix(rows)
    return {
        "np": importlib.import_module("numpy"), "scipy": importlib.import_module("scipy"),
        "kernels": importlib.import_module("sklearn.gaussian_process.kernels"), "stats": importlib.import_module("scipy.stats"),
        "Sparse": lambda one: _Fit(one, lambda it: it.fit(sparse, classes)),
        "Unfitted": lambda one: _Fit(one, lambda it: it),
        "Ranked": lambda one: _Fit(one, lambda it: it.fit(rows, classes, group=[12, 12])),
        "Grouped": lambda one: _Fit(one, lambda it: it.fit(rows, classes, group_id=sorted(classes))),
        "Evaluated": lambda one: _Fit(one, lambda it: it.fit(rows, rows[:, 0], eval_set=[(rows, rows[:, 0])])),
        "Attribute": lambda one, name: _Fit(one, lambda it: getattr(it.fit(rows, rows[:, 0]), name)),
        "Called": lambda one, name: _Fit(one, lambda it: getattr(it.fit(rows, rows[:, 0]), name)()),
    }  # fmt: skip


def composed() -> Iterator[tuple[str, Any]]:
    """Yield estimators that are put together, or fitted with other parameters, and those of the other libraries: (name, it)."""
    with contextlib.suppress(ImportError):
        importlib.import_module("sklearn.experimental.enable_iterative_imputer")
    names = _Names(_ways())
    for name, how in _OTHERS.items():
        yield name, fitted(partial(eval, how, {}, names))
