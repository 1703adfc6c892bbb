"""Question: What would a model say that was trained on the estate's own tags?

A linear model per key (logistic loss, one class against the rest) over what is known of a resource besides the key itself: words of its name, account, region, type, group,
stack, maker, and its other tags. Trained on the resources that carry the key, of the estate that it is given: what is hidden there is not
learned from. Says nothing below one half, with few examples, with one class, and without scikit-learn (`pip install 'tagrecon[learned]'`).
"""

from __future__ import annotations

from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import polars as pl

from recon.suggest.estate import Estate, said
from recon.suggest.features import features

NAME = "learned"
VERSION = "1"
_LEAST = 20  # examples below which nothing is learned
_OFTEN = 2  # examples that a class or a feature must have
_SURE = 0.5
_ROWS = 50_000  # examples learned from
_CLASSES = 2_000
_CELLS = 8_000_000  # features × classes: 64 MB of weights
_WORK = 300_000  # examples × classes: bounds the time
_CHUNK = 2_000_000  # asked × classes scored at once
_EPOCHS = 5
_NAMED = 3  # features that evidence names


def available() -> bool:
    """Whether scikit-learn is there; looked for without importing it."""
    return find_spec("sklearn") is not None


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """The likeliest value by the model of each key; `score` is its probability by the model."""
    if asked.is_empty() or not available():
        return said()
    found = []
    for key in asked["key"].unique().sort().to_list():
        items = asked.filter(pl.col("key") == key).select("item_no").unique().sort("item_no")
        examples = _examples(estate, key)
        if examples["value"].n_unique() > 1 and examples.height >= _LEAST:
            found.append(_of_key(estate, key, items, examples))
    return said(pl.concat(found) if found else None)


def _examples(estate: Estate, key: str) -> pl.DataFrame:
    """item_no, value: what is learned from; of many a sample that the ids alone decide."""
    known = estate.known.filter(pl.col("key") == key).select("item_no", "value")
    classes = (
        known.group_by("value")
        .agg(pl.len().alias("often"))
        .filter(pl.col("often") >= _OFTEN)
        .sort("often", "value", descending=[True, False])
        .head(_CLASSES)
    )
    rows = known.join(classes.select("value"), on="value", how="semi").sort("item_no")
    most = min(_ROWS, max(_WORK // max(classes.height, 1), _OFTEN * classes.height))
    if rows.height <= most:
        return rows
    ids = rows.join(
        estate.items.select("item_no", "resource_id"), on="item_no", how="left", maintain_order="left"
    )
    order = [
        blake2b(str(each).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        for each in ids["resource_id"]
    ]
    return rows.with_columns(pl.Series("order", order)).sort("order", "item_no").head(most).drop("order").sort("item_no")  # fmt: skip


def _of_key(estate: Estate, key: str, items: pl.DataFrame, examples: pl.DataFrame) -> pl.DataFrame:
    sparse, linear = import_module("scipy.sparse"), import_module("sklearn.linear_model")
    # every resource that is learned from or asked for, once, in one order
    wanted = pl.concat([examples.select("item_no"), items]).unique().sort("item_no")
    told = features(estate, wanted, key)
    classes = examples["value"].unique().sort()
    kept = (
        told.join(examples.select("item_no"), on="item_no", how="semi")
        .group_by("feature")
        .agg(pl.len().alias("often"))
        .filter(pl.col("often") >= _OFTEN)
        .sort("often", "feature", descending=[True, False])
        .head(_CELLS // classes.len())
        .sort("feature")
        .with_row_index("column")
    )
    if kept.is_empty():
        return said()
    entries = told.join(kept.select("feature", "column"), on="feature").select("item_no", "feature", "column")
    train = _matrix(sparse, examples, entries, kept.height)
    model = linear.SGDClassifier(
        loss="log_loss", alpha=1e-3, max_iter=_EPOCHS, tol=None, shuffle=True, random_state=20, average=False
    )
    model.fit(train, examples["value"].to_numpy())
    spoken = items.join(entries, on="item_no", how="semi").sort("item_no")
    step = max(_CHUNK // classes.len(), 1)
    parts = [
        _answers(sparse, model, key, spoken.slice(at, step), entries, kept.height)
        for at in range(0, spoken.height, step)
    ]
    return pl.concat(parts) if parts else said()


def _matrix(sparse: Any, rows: pl.DataFrame, entries: pl.DataFrame, width: int) -> Any:
    """One row of 0 and 1 per resource of `rows`, scaled so that long names weigh no more than short ones."""
    cells = rows.select("item_no").with_row_index("row").join(entries, on="item_no").sort("row", "column")
    weights = cells.select((1 / pl.len().over("row").cast(pl.Float64).sqrt()).alias("w"))["w"].to_numpy()
    at = (cells["row"].to_numpy(), cells["column"].to_numpy())
    return sparse.csr_matrix((weights, at), shape=(rows.height, width))


def _answers(
    sparse: Any, model: Any, key: str, items: pl.DataFrame, entries: pl.DataFrame, width: int
) -> pl.DataFrame:
    chances = model.predict_proba(_matrix(sparse, items, entries, width))
    best = chances.argmax(axis=1)
    scored = items.with_columns(
        pl.lit(key).alias("key"),
        pl.Series("value", model.classes_[best].tolist(), pl.String),
        pl.Series("score", chances.max(axis=1).tolist(), pl.Float64),
        pl.Series("class", best.tolist(), pl.Int64),
    ).filter(pl.col("score") >= _SURE)
    cells = scored.select("item_no", "class").join(entries, on="item_no")
    rows = model.coef_
    # with two classes the model keeps one row of weights, those of the second
    weights = (
        rows[cells["class"].to_numpy(), cells["column"].to_numpy()]
        if rows.shape[0] > 1
        else rows[0, cells["column"].to_numpy()] * (2 * cells["class"].to_numpy() - 1)
    )
    why = (
        cells.with_columns(pl.Series("weight", weights.tolist(), pl.Float64))
        .filter(pl.col("weight") > 0)
        .sort("item_no", "weight", "feature", descending=[False, True, False])
        .group_by("item_no", maintain_order=True)
        .agg(pl.col("feature").head(_NAMED).str.join(", ").alias("why"))
    )
    sentence = pl.format('A model of the estate\'s own tags says "{}", by {}.', "value", "why")
    return said(scored.join(why, on="item_no").with_columns(sentence.alias("evidence")))
