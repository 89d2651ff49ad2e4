"""Documents in JSON and YAML, and boosters' formats of text and tables: read in one way or not understood."""

from bartizan.supply.formats import catboost, json, lightgbm, xgboost, yaml
from fuzz.model_files import chosen
from fuzz.target import Target
from tests.supply.formats.made import made

TARGET = Target(
    modules=(
        "bartizan.supply.formats.json",
        "bartizan.supply.formats.yaml",
        "bartizan.supply.formats.lightgbm",
        "bartizan.supply.formats.catboost",
        "bartizan.supply.parsers.document",
        "bartizan.supply.parsers.keras_config",
        "bartizan.supply.parsers.notebook",
        "bartizan.supply.parsers.ubjson",
        "bartizan.supply.parsers.yaml_tree",
    ),
    run=chosen(
        (json.FORMAT, yaml.FORMAT, xgboost.FORMAT, lightgbm.FORMAT, catboost.FORMAT),
        ended=frozenset({"xgboost", "catboost"}),
    ),
    seeds=(
        b'\0{"class_name":"Dense","module":"keras.layers","config":{"name":"a","vocabulary":"/x"}}',
        b'\0{"nbformat":4,"cells":[{"cell_type":"code","source":["x"],"outputs":[{"data":{"text/html":"<script>"}}]}]}',
        b'\0{"auto_map":1,"chat_template":[{"template":"{{ x }}"}],"_target_":"os.system","py/reduce":[]}',
        b"\1a: &x [1, {b: !t c}]\n_target_: *x\n---\n? [k]\n: v\n",
        b"\2" + made("booster.ubj"),
        b"\3" + made("booster.txt"),
        b"\4" + made("classifier.cbm")[:4000],
    ),
    words=(
        b'"_target_":',
        b'"class_name":',
        b'"target":',
        b'"params":',
        b'"lc":',
        b"!!python/",
        b"&x ",
        b"*x",
        b"<<:",
        b"[$d#",
        b"L\0\0\0\0\0\0\0",
    ),
    longest=4200,
)
