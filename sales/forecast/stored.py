"""What was learnt, as bytes: arrays of plain numbers, and no code.

Nothing is unpickled. Trees are read back only if they were written by the library's version in
use, and after a look whether they are trees: whoever can write the table can't run anything.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

from sales.forecast.dropout import BuyingLaw, CountLaw
from sales.forecast.features import Known, ProductFacts, feature_names
from sales.forecast.methods import CHUNK, TERMS, Blend, Method, Odds, Scaled, Simple, Trees
from sales.forecast.purchases import Float
from sales.forecast.rhythm import RhythmLaw
from sales.forecast.timing import Timing

VERSION = 3
_UNREADABLE = (
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    OSError,
    EOFError,
    BadZipFile,
    ZlibError,
)
Arrays = dict[str, npt.NDArray[Any]]


class UnableToRead(Exception):  # noqa: N818  (house names: UnableTo<Verb>)
    """What is stored was written by another version, or isn't what it should be."""


@dataclass(frozen=True, slots=True)
class StoredTrees:
    """Trees as arrays, asked through the library's own fast walk."""

    nodes: npt.NDArray[Any]
    sizes: npt.NDArray[Any]
    baseline: float
    predictors: tuple[TreePredictor, ...]

    def odds(self, features: Float) -> Odds:
        """Return the log-odds of each row; as many features as when they were read."""
        assert features.shape[1] == len(feature_names())
        odds = np.full(len(features), self.baseline)
        none = np.zeros((0, 8), dtype=np.uint32)
        places = np.zeros(0, dtype=np.uint32)
        for start in range(0, len(features), CHUNK):
            part = features[start : start + CHUNK].astype(np.float64)
            for predictor in self.predictors:
                odds[start : start + CHUNK] += predictor.predict(part, none, places, 1)
        return odds


@dataclass(frozen=True, slots=True)
class Part:
    """One learnt question: a method, what is known of products, and the ratios of intervals."""

    method: Method
    known: Known
    timing: Timing


def write(parts: dict[str, Part], products: npt.NDArray[np.int64]) -> bytes:
    """Return what was learnt as bytes, with the ids of the products in the order of the arrays."""
    arrays: Arrays = {"products": products}
    notes: dict[str, Any] = {"version": VERSION, "library": sklearn.__version__, "parts": {}}
    notes["features"] = feature_names()
    for name, part in parts.items():
        notes["parts"][name] = _write_method(part.method, f"{name}.", arrays)
        arrays |= _write_known(part, f"{name}.")
    arrays["notes"] = np.frombuffer(json.dumps(notes).encode(), dtype=np.uint8)
    body = io.BytesIO()
    np.savez_compressed(body, allow_pickle=False, **arrays)
    return body.getvalue()


def read(body: bytes) -> tuple[dict[str, Part], npt.NDArray[np.int64]]:
    """Return what `write` made of it.

    :raises UnableToRead: if it was made by another version, or isn't whole.
    """
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        notes = json.loads(arrays["notes"].tobytes())
        if (notes["version"], notes["library"]) != (VERSION, sklearn.__version__):
            raise UnableToRead("written by another version")
        if tuple(notes["features"]) != feature_names():
            raise UnableToRead("written for other features")
        parts = {
            name: Part(_read_method(method, f"{name}.", arrays), *_read_known(f"{name}.", arrays))
            for name, method in notes["parts"].items()
        }
        return parts, arrays["products"].astype(np.int64)
    except _UNREADABLE as error:
        raise UnableToRead(str(error)) from error


def _write_known(part: Part, at: str) -> Arrays:
    facts, law, counts = part.known.products, part.known.law, part.known.counts
    rhythm = part.known.rhythm
    return {
        f"{at}facts": np.column_stack(
            [
                facts.buyers,
                facts.again_share,
                facts.mean_purchases,
                facts.interval,
                facts.rebought,
                *facts.recent,
            ]
        ),
        f"{at}law": np.array([law.shape, law.scale, law.stop, law.stay]),
        f"{at}counts": np.array([counts.shape, counts.scale, counts.days]),
        f"{at}rhythm": np.array([rhythm.likeness, rhythm.stop, rhythm.stay]),
        f"{at}rhythms": np.column_stack([rhythm.regularity, rhythm.interval]),
        f"{at}ratios": part.timing.ratios,
    }


def _read_known(at: str, arrays: Arrays) -> tuple[Known, Timing]:
    columns = arrays[f"{at}facts"].T.astype(np.float32)
    buyers, again, mean, interval, rebought, *recent = columns
    facts = ProductFacts(buyers, again, mean, interval, tuple(recent), rebought)
    law = BuyingLaw(*(float(number) for number in arrays[f"{at}law"]))
    counts = CountLaw(*(float(number) for number in arrays[f"{at}counts"]))
    regularity, interval = arrays[f"{at}rhythms"].astype(np.float64).T
    rhythm = RhythmLaw(regularity, interval, *(float(number) for number in arrays[f"{at}rhythm"]))
    return Known(facts, law, counts, rhythm), Timing(arrays[f"{at}ratios"].astype(np.float64))


def _write_method(method: Method, at: str, arrays: Arrays) -> dict[str, Any]:
    match method:
        case Simple():
            for name in ("centre", "width", "weights"):
                arrays[at + name] = getattr(method, name)
            return {
                "kind": "simple",
                "names": method.names,
                "terms": method.terms,
                "base": method.base,
            }
        case Blend():
            return {
                "kind": "blend",
                "weight": method.weight,
                "simple": _write_method(method.simple, f"{at}s.", arrays),
                "trees": _write_method(method.trees, f"{at}t.", arrays),
            }
        case Scaled():
            return {
                "kind": "scaled",
                "base": method.base,
                "slope": method.slope,
                "method": _write_method(method.method, at, arrays),
            }
        case StoredTrees():
            arrays[f"{at}nodes"], arrays[f"{at}sizes"] = method.nodes, method.sizes
            return {"kind": "trees", "base": method.baseline}
        case Trees():
            grown = [trees[0] for trees in method.learner._predictors]
            arrays[f"{at}nodes"] = np.concatenate([tree.nodes for tree in grown])
            arrays[f"{at}sizes"] = np.array([len(tree.nodes) for tree in grown])
            return {"kind": "trees", "base": float(method.learner._baseline_prediction.item())}
    raise TypeError(f"no way to store a {type(method).__name__}")


def _read_method(notes: dict[str, Any], at: str, arrays: Arrays) -> Method:
    match notes["kind"]:
        case "simple":
            terms = tuple(notes["terms"])
            numbers = [arrays[at + name].astype(float) for name in ("centre", "width", "weights")]
            if not set(terms) <= set(TERMS) or {len(each) for each in numbers} != {len(terms)}:
                raise UnableToRead("terms and numbers differ")
            centre, width, weights = numbers
            names = tuple(notes["names"])
            return Simple(names, terms, centre, width, weights, float(notes["base"]))
        case "blend":
            simple = _read_method(notes["simple"], f"{at}s.", arrays)
            return Blend(
                simple, _read_method(notes["trees"], f"{at}t.", arrays), float(notes["weight"])
            )
        case "scaled":
            inner = _read_method(notes["method"], at, arrays)
            return Scaled(inner, float(notes["base"]), float(notes["slope"]))
        case "trees":
            return _read_trees(arrays[f"{at}nodes"], arrays[f"{at}sizes"], float(notes["base"]))
    raise UnableToRead(f"unknown method {notes['kind']!r}")


def _read_trees(nodes: npt.NDArray[Any], sizes: npt.NDArray[Any], base: float) -> StoredTrees:
    """Check that each stretch of nodes is a tree whose walk ends, and take it up."""
    if nodes.dtype != PREDICTOR_RECORD_DTYPE or sizes.sum() != len(nodes) or (sizes < 1).any():
        raise UnableToRead("not trees")
    ends = np.cumsum(sizes)
    own = np.arange(len(nodes)) - np.repeat(ends - sizes, sizes)
    size = np.repeat(sizes, sizes)
    inner = ~nodes["is_leaf"].astype(bool)
    ahead = (
        (nodes["left"] > own)
        & (nodes["right"] > own)
        & (nodes["left"] < size)
        & (nodes["right"] < size)
    )
    known = (nodes["feature_idx"] >= 0) & (nodes["feature_idx"] < len(feature_names()))
    if not (ahead & known)[inner].all() or nodes["is_categorical"].any():
        raise UnableToRead("not trees")
    none = np.zeros((0, 8), dtype=np.uint32)
    predictors = tuple(
        TreePredictor(np.ascontiguousarray(nodes[end - count : end]), none, none)
        for end, count in zip(ends.tolist(), sizes.tolist(), strict=True)
    )
    return StoredTrees(nodes, sizes, base, predictors)
