"""Benign files as the real libraries write them: `python zoo_made.py FOLDER`, run by the interpreter of an environment of its own.

Each lies in the folder of its tier (`data`, `estimator`, `code`). What people save of a training run is here: weights, checkpoints with the
state of optimizers, arrays, tables, graphs, tokenizers, notebooks; each kind in the shapes and by the options that its library offers.
"""

import bz2
import gzip
import json
import lzma
import os
import pickle
import sys
import tarfile
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import gguf
import h5py
import joblib
import keras
import lightgbm
import numpy as np
import onnx
import onnx.external_data_helper
import onnx.numpy_helper
import safetensors.numpy
import safetensors.torch
import skops.io
import tokenizers
import torch
import xgboost
from catboost import CatBoostClassifier, CatBoostRegressor
from onnx import TensorProto, helper
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(60, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


def pickles(data: Path, estimators: Path) -> None:
    """Write pickles of plain data in every protocol, and of estimators."""
    plain = {
        "text": ["a", "ä", "漢", "line\nbreak"],
        "numbers": (1, -2, 3.5, 2**70, 1j, True, None),
        "octets": b"\0\1\xff",
        "nested": {"sets": {1, 2}, "frozen": frozenset({"x"}), "ordered": OrderedDict(a=1)},
    }
    for protocol in range(6):
        (data / f"plain_{protocol}.pkl").write_bytes(pickle.dumps(plain, protocol))
    rich = {
        "when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "took": timedelta(seconds=7), "price": Decimal("1.5"),
        "counts": defaultdict(int, a=1), "where": slice(1, 2), "range": range(3),
    }  # fmt: skip
    (data / "rich.pkl").write_bytes(pickle.dumps(rich))
    arrays = {
        "x": X,
        "y": Y,
        "scalar": np.float32(1.5),
        "dtype": np.dtype("f4"),
        "fortran": np.asfortranarray(X),
    }
    for protocol in (2, 4, 5):
        (data / f"arrays_{protocol}.pkl").write_bytes(pickle.dumps(arrays, protocol))
    (data / "embedding.pkl").write_bytes(
        pickle.dumps({f"word{i}": RANDOM.normal(size=8) for i in range(200)})
    )
    (data / "bytearray.pkl").write_bytes(pickle.dumps(bytearray(b"abc"), 5))
    for name, opened in (("gz", gzip.open), ("bz2", bz2.open), ("xz", lzma.open)):
        with opened(data / f"plain.pkl.{name}", "wb") as file:
            pickle.dump(plain, file)
    for name, model in fitted().items():
        (estimators / f"{name}.pkl").write_bytes(pickle.dumps(model))
        joblib.dump(model, estimators / f"{name}.joblib")


def fitted() -> dict[str, Any]:
    """Return estimators of scikit-learn."""
    models = {
        "linear": LinearRegression(), "logistic": LogisticRegression(), "svc": SVC(), "kmeans": KMeans(2, n_init=1),
        "forest": RandomForestClassifier(3, random_state=1), "pca": PCA(2), "pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    }  # fmt: skip
    return {name: model.fit(X, Y) for name, model in models.items()}


def joblibs(data: Path, _: Path) -> None:
    """Write arrays as joblib does, by each of its compressors that needs no other package."""
    value = {"x": X.astype("f4"), "y": Y, "names": ["a", "b"], "big": RANDOM.normal(size=(300, 20))}
    for compress in (0, "zlib", "gzip", "bz2", "lzma", "xz"):
        joblib.dump(value, data / f"dict_{compress}.joblib", compress=(compress, 3) if compress else 0)
    joblib.dump(X, data / "array.joblib")
    joblib.dump([1, "a", None], data / "list.joblib")


def arrays(data: Path, _: Path) -> None:
    """Write npy and npz files of most types."""
    for kind in ("?", "i1", "u2", "<i4", ">i8", "f2", "f4", "f8", "c8", "U5", "S3", "M8[s]", "m8[ms]"):
        name = kind.strip("<>?").replace("[", "").replace("]", "") or "bool"
        np.save(data / f"{name}.npy", np.zeros((3, 2), kind))
    np.save(data / "scalar.npy", np.float64(3))
    np.save(data / "empty.npy", np.zeros((0, 4)))
    np.save(data / "fortran.npy", np.asfortranarray(X))
    np.save(data / "structured.npy", np.zeros(3, [("a", "i4"), ("b", "f8", (2,)), ("c", "U3")]))
    np.save(data / "objects.npy", np.array([{"a": 1}, "b", None, 2.5], dtype=object), allow_pickle=True)
    np.savez(data / "weights.npz", w=X, b=Y)
    np.savez_compressed(data / "weights_compressed.npz", w=X, b=Y, names=np.array(["a", "bb"]))
    np.savez(data / "objects.npz", names=np.array(["a", None], dtype=object))


class Net(torch.nn.Module):
    """A small network."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(20, 8)
        self.body = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.BatchNorm1d(16))
        self.head = torch.nn.Linear(16, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits of tokens, (batch,)."""
        return self.head(self.body(self.embed(x)))


def checkpoints(data: Path, code: Path) -> None:
    """Write what people save with PyTorch."""
    net = Net()
    weights = net.state_dict()
    torch.save(weights, data / "state_dict.pt")
    torch.save(weights, data / "pytorch_model.bin")
    torch.save(weights, data / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(
        {k: v.bfloat16() if v.is_floating_point() else v for k, v in weights.items()}, data / "bfloat16.pt"
    )
    torch.save({k: v.half() if v.is_floating_point() else v for k, v in weights.items()}, data / "half.bin")
    torch.save(weights, data / "protocol4.pt", pickle_protocol=4)
    torch.save(torch.arange(6).reshape(2, 3), data / "tensor.pt")
    torch.save(
        [torch.zeros(2, dtype=kind) for kind in (torch.int8, torch.bool, torch.float64, torch.complex64)],
        data / "kinds.pt",
    )
    torch.save(net.body[0].weight, data / "parameter.pt")
    torch.save(
        {"a": torch.zeros(4, 4).t(), "b": torch.arange(9)[::2], "empty": torch.zeros(0)}, data / "views.pt"
    )
    torch.save(torch.sparse_coo_tensor([[0, 1], [1, 0]], [1.0, 2.0], (2, 2)), data / "sparse.pt")
    torch.save(torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), data / "quantized.pt")
    for name, made in {
        "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adagrad": torch.optim.Adagrad,
    }.items():  # fmt: skip
        optimizer = made(net.parameters(), lr=1e-3)
        net(torch.arange(5)).sum().backward()
        optimizer.step()
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 5)
        torch.save(
            {
                "epoch": 3, "model": weights, "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "rng": torch.get_rng_state(),
                "args": {"lr": 1e-3, "name": name, "when": datetime(2026, 1, 2, tzinfo=UTC)},
            },
            data / f"checkpoint_{name}.ckpt",
        )  # fmt: skip
    torch.save(
        {"numpy": np.arange(4.0), "rng": np.random.RandomState(3).get_state(), "best": np.float64(0.5)},
        data / "with_numpy.pt",
    )
    torch.save(net, code / "module.pt")
    torch.jit.save(torch.jit.trace(net.eval(), torch.arange(5)), code / "torchscript.pt")
    for number in range(2):
        part = dict(list(weights.items())[number::2])
        torch.save(part, data / f"pytorch_model-0000{number + 1}-of-00002.bin")
        safetensors.torch.save_file(part, data / f"model-0000{number + 1}-of-00002.safetensors")
    index = {
        "metadata": {"total_size": 1},
        "weight_map": dict.fromkeys(weights, "model-00001-of-00002.safetensors"),
    }
    (data / "model.safetensors.index.json").write_text(json.dumps(index))


def tensors(data: Path, _: Path) -> None:
    """Write safetensors and GGUF."""
    safetensors.numpy.save_file(
        {"w": X.astype("f4"), "b": Y}, data / "model.safetensors", metadata={"format": "np"}
    )
    safetensors.numpy.save_file({}, data / "empty.safetensors")
    safetensors.torch.save_file(
        {"h": torch.zeros(3, dtype=torch.bfloat16), "f8": torch.zeros(4, dtype=torch.float8_e4m3fn)},
        data / "small.safetensors",
    )
    for name, kind in {
        "f32": None,
        "q8_0": gguf.GGMLQuantizationType.Q8_0,
        "q4_0": gguf.GGMLQuantizationType.Q4_0,
    }.items():
        writer = gguf.GGUFWriter(data / f"model_{name}.gguf", "llama")
        writer.add_block_count(1)
        writer.add_context_length(128)
        writer.add_tokenizer_model("llama")
        writer.add_token_list([f"t{i}" for i in range(32)])
        writer.add_token_scores([float(i) for i in range(32)])
        writer.add_chat_template(
            "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] | trim }}{% if not loop.last %}\n{% endif %}{% endfor %}"
        )
        weights = RANDOM.normal(size=(32, 64)).astype("f4")
        writer.add_tensor(
            "token_embd.weight", weights if kind is None else gguf.quantize(weights, kind), raw_dtype=kind
        )
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def graphs(data: Path, _: Path) -> None:
    """Write ONNX models, with tensors inside and in files beside."""
    weights = [onnx.numpy_helper.from_array(RANDOM.normal(size=(4, 300)).astype("f4"), "w")]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Relu", ["h"], ["y"])]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])
        for name, size in (("x", 4), ("y", 300))
    ]
    kinds: dict[str, dict[str, Any]] = {
        "inside": {},
        "one_file": {"location": "one_file.data"},
        "many_files": {"all_tensors_to_one_file": False},
    }
    for name, external in kinds.items():
        model = helper.make_model(
            helper.make_graph(nodes, "g", values[:1], values[1:], weights),
            opset_imports=[helper.make_opsetid("", 18)],
        )
        folder = data / name
        folder.mkdir()
        onnx.save(
            model, folder / f"{name}.onnx", save_as_external_data=bool(external), size_threshold=0, **external
        )
    branch = [
        helper.make_graph([helper.make_node(op, ["x"], ["z"])], op, [], [values[1]]) for op in ("Abs", "Neg")
    ]
    chosen = helper.make_node("If", ["c"], ["y"], then_branch=branch[0], else_branch=branch[1])
    condition = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
    onnx.save(
        helper.make_model(helper.make_graph([chosen], "g", [condition, values[0]], values[1:])),
        data / "branches.onnx",
    )
    (data / "tensor.pb").write_bytes(weights[0].SerializeToString())


def layers(data: Path, code: Path) -> None:
    """Write Keras models and weights, and plain HDF5."""
    inner = keras.layers
    models = {
        "dense": [inner.Dense(8, activation="relu"), inner.Dropout(0.1), inner.Dense(1)],
        "conv": [
            inner.Reshape((2, 2, 1)),
            inner.Conv2D(2, 2, padding="same"),
            inner.BatchNormalization(),
            inner.Flatten(),
            inner.Dense(1),
        ],
        "recurrent": [
            inner.Reshape((4, 1)),
            inner.LSTM(3, return_sequences=True),
            inner.GRU(2),
            inner.Dense(1),
        ],
    }
    for name, stack in models.items():
        model = keras.Sequential([keras.Input((4,)), *stack])
        model.compile("adam", "mse")
        model.fit(X, Y[:, None], verbose=0)
        model.save(data / f"{name}.keras")
        model.save(data / f"{name}.h5")
        model.save_weights(data / f"{name}.weights.h5")
    shut = keras.Sequential([keras.Input((4,)), inner.Lambda(lambda x: x * 2)])
    shut.save(code / "lambda.keras")
    with h5py.File(data / "plain.h5", "w") as file:
        file["x"] = X
        file.create_dataset("packed", data=X, compression="gzip", shuffle=True)
        file.create_group("group").attrs["words"] = ["a", "b"]


def boosters(data: Path, estimators: Path) -> None:
    """Write boosters in the forms of their own libraries, and scikit-learn's by skops."""
    booster = xgboost.train({"max_depth": 2}, xgboost.DMatrix(X, Y), 3)
    booster.save_model(data / "xgboost.json")
    booster.save_model(data / "xgboost.ubj")
    light = lightgbm.train({"verbose": -1, "num_leaves": 4}, lightgbm.Dataset(X, Y), 3)
    light.save_model(data / "lightgbm.txt")
    (estimators / "lightgbm.pkl").write_bytes(pickle.dumps(light))
    (estimators / "xgboost.pkl").write_bytes(pickle.dumps(booster))
    for name, made in {"classifier": CatBoostClassifier, "regressor": CatBoostRegressor}.items():
        model = made(iterations=3, depth=2, verbose=False, allow_writing_files=False).fit(X, Y)
        model.save_model(str(data / f"catboost_{name}.cbm"))
    for name, model in fitted().items():
        skops.io.dump(model, data / f"{name}.skops")


def words(data: Path, code: Path) -> None:
    """Write tokenizers, configurations, templates, tables and notebooks."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(
        ["some words and some more words"] * 5, tokenizers.trainers.BpeTrainer(vocab_size=60)
    )
    tokenizer.save(str(data / "tokenizer.json"))
    template = "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
    documents = {
        "config.json": {
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "torch_dtype": "bfloat16",
        },
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template},
        "generation_config.json": {"temperature": 0.7, "eos_token_id": [1, 2]},
    }
    for name, document in documents.items():
        (data / name).write_text(json.dumps(document, indent=2))
    (data / "chat_template.jinja").write_text(template)
    (data / "train.jsonl").write_text(
        "".join(json.dumps({"text": f"row {i}", "label": i % 2}) + "\n" for i in range(50))
    )
    (data / "train.csv").write_text("text,label\n" + "".join(f"row {i},{i % 2}\n" for i in range(50)))
    (data / "params.yaml").write_text("train:\n  lr: 0.001\n  layers: [1, 2, 3]\n")
    (data / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    for name, cells in {"words": [{"cell_type": "markdown", "metadata": {}, "source": ["# Words\n"]}], "cells": [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": ["1 + 1\n"]}
    ]}.items():  # fmt: skip
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        ((data if name == "words" else code) / f"{name}.ipynb").write_text(json.dumps(notebook))


def archives(data: Path, _: Path) -> None:
    """Write archives of what was made before."""
    with tarfile.open(data / "model.tar.gz", "w:gz") as archive:
        for name in ("state_dict.pt", "config.json"):
            archive.add(data / name, name)
    with zipfile.ZipFile(data / "model.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name in ("weights.npz", "model.safetensors", "README.md"):
            packed.write(data / name, name)


MAKERS: tuple[tuple[Callable[[Path, Path], None], str], ...] = (
    (pickles, "estimator"), (joblibs, "code"), (arrays, "code"), (checkpoints, "code"), (tensors, "code"), (graphs, "code"),
    (layers, "code"), (boosters, "estimator"), (words, "code"), (archives, "code"),
)  # fmt: skip


def main(folder: Path) -> None:
    """Write them all."""
    torch.manual_seed(7)
    for tier in ("data", "estimator", "code"):
        (folder / tier).mkdir(parents=True)
    for make, other in MAKERS:
        make(folder / "data", folder / other)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
