"""`python -m bot.understand.train`: make data/weights.bin from data/training; the same lines give the same bytes.

Needs scikit-learn, which the running bot does not. liblinear runs on one core with a fixed seed, weights are
rounded to one byte, and the file holds no date, so the result does not depend on when or where it was made.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from bot.understand.corpus import Sample, samples
from bot.understand.meaning import INTENTS
from bot.understand.normalise import Normaliser
from bot.understand.view import DATA, features

COST = 2.0
MIN_LINES = 2  # A feature must occur in this many samples of different lines.
MAX_FEATURES = 60_000
TEMPERATURE = 0.22  # Measured by `--calibrate`: the softmax temperature of least log loss, out of fold.


def _matrix(rows: list[list[int]], width: int) -> Any:
    """Rows of feature numbers as unit vectors."""
    starts, where, values = [0], [], []
    for row in rows:
        where.extend(row)
        values.extend([1.0 / max(len(row), 1) ** 0.5] * len(row))
        starts.append(len(where))
    return csr_matrix((np.array(values), np.array(where), np.array(starts)), shape=(len(rows), width))


def prepare(drawn: list[Sample]) -> tuple[list[str], list[list[int]]]:
    """The vocabulary in order, and each sample as sorted feature numbers."""
    normal = Normaliser()
    found = [features(normal(s.text), mask=s.mask, chars=s.chars) for s in drawn]
    seen: dict[str, set[int]] = defaultdict(set)
    for sample, some in zip(drawn, found, strict=True):
        for name in some:
            seen[name].add(sample.line)
    kept = [name for name, ids in seen.items() if len(ids) >= MIN_LINES and "\n" not in name]
    kept.sort(key=lambda name: (-len(seen[name]), name))
    names = sorted(kept[:MAX_FEATURES])
    number = {name: i for i, name in enumerate(names)}
    return names, [sorted(number[n] for n in some if n in number) for some in found]


def fit(matrix: Any, drawn: list[Sample]) -> tuple[Any, Any]:
    """(weights [feature, intent], bias [intent]) of one-against-rest linear machines."""
    model = LinearSVC(C=COST, random_state=7, max_iter=400, tol=1e-3)
    wanted = np.array([INTENTS.index(s.intent) for s in drawn])
    model.fit(matrix, wanted, sample_weight=np.array([s.weight for s in drawn]))
    return model.coef_.T, model.intercept_


def pack(names: list[str], weights: Any, bias: Any) -> bytes:
    """The file of `IntentModel.load`."""
    limit = 127
    scale = float(np.float32(np.quantile(np.abs(weights), 0.9999) / limit))
    small = np.clip(np.rint(weights / scale), -limit, limit).astype(np.int16) + 128
    text = "\n".join(names).encode()
    head = {
        "bias": [round(float(b) / TEMPERATURE, 3) for b in bias],
        "names_bytes": len(text),
        "scale": round(scale, 7),
        "temperature": TEMPERATURE,
    }
    body: bytes = small.astype(np.uint8).tobytes()
    return orjson.dumps(head) + b"\n" + text + body


def build() -> bytes:
    """Train on the shipped lines and return the weights file."""
    drawn = samples()
    names, rows = prepare(drawn)
    weights, bias = fit(_matrix(rows, len(names)), drawn)
    return pack(names, weights, bias)


def calibrate(folds: int = 4) -> str:
    """Out-of-fold accuracy on the hand-written lines, the temperature of least log loss, and confidence bands."""
    drawn = samples()
    names, rows = prepare(drawn)
    matrix = _matrix(rows, len(names))
    line = np.array([s.line for s in drawn])
    plain = np.concatenate([[True], line[1:] != line[:-1]])
    fold = np.random.RandomState(3).permutation(line.max() + 1) % folds
    scores: list[Any] = []
    wanted: list[int] = []
    for number in range(folds):
        train = np.flatnonzero(fold[line] != number)
        test = np.flatnonzero((fold[line] == number) & plain)
        weights, bias = fit(matrix[train], [drawn[i] for i in train])
        scores.append(matrix[test] @ weights + bias)
        wanted.extend(INTENTS.index(drawn[i].intent) for i in test)
    got, want = np.vstack(scores), np.array(wanted)
    losses = []
    for temperature in np.arange(0.1, 0.8, 0.02):
        soft = np.exp(got / temperature - (got / temperature).max(axis=1, keepdims=True))
        soft /= soft.sum(axis=1, keepdims=True)
        losses.append((float(-np.log(soft[np.arange(len(want)), want] + 1e-9).mean()), round(float(temperature), 2)))
    loss, best = min(losses)
    right = got.argmax(axis=1) == want
    sure = np.exp((got - got.max(axis=1, keepdims=True)) / best)
    sure = sure.max(axis=1) / sure.sum(axis=1)
    out = [f"accuracy {right.mean():.4f} temperature {best} log-loss {loss:.3f} features {len(names)}"]
    for low, high in ((0.9, 1.01), (0.7, 0.9), (0.5, 0.7), (0.3, 0.5), (0.0, 0.3)):
        band = (sure >= low) & (sure < high)
        out.append(f"  confidence {low:.1f}+: {band.mean():.3f} of lines, {right[band].mean():.3f} right")
    return "\n".join(out)


def main(argv: list[str] | None = None) -> int:
    """Write data/weights.bin, or print the calibration."""
    parser = argparse.ArgumentParser(prog="python -m bot.understand.train")
    parser.add_argument("--out", type=Path, default=DATA / "weights.bin")
    parser.add_argument("--calibrate", action="store_true", help="measure out of fold instead of writing")
    args = parser.parse_args(argv)
    if args.calibrate:
        print(calibrate())
        return 0
    blob = build()
    args.out.write_bytes(blob)
    print(f"{args.out}: {len(blob)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
