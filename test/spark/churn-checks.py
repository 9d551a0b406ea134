"""Checks of spark/churn_*.py that need no Spark: figures against scikit-learn's own, and the controls of the protocols.

    python churn-checks.py FEATURES.csv        prints JSON for churn-controls.test.ts
"""

import json
import sys
from types import SimpleNamespace

from churn_protocols import out_of_fold, run_e0, run_e1

import numpy as np
import pandas as pd
from churn_metrics import calibration_metrics, choose_threshold, cost_at, evaluate, f1_scores, point_metrics, refuse_leaks
from sklearn.metrics import f1_score, roc_auc_score

OPTIONS = SimpleNamespace(folds=5, repeats=1, trees=40, bootstraps=60)


def quiet(_text):
    pass


def read(file):
    frame = pd.read_csv(file)
    names = [name for name in frame.columns if name not in ("user_id", "cut_ms", "label", "last_read_ms")]
    return frame[names].to_numpy(float), frame["label"].to_numpy(), names


def check_f1(rng):
    """The largest difference between our F1 scores and scikit-learn's, with and without weights."""
    found = []
    for _ in range(20):
        y, p, weights = rng.integers(0, 2, 200), rng.random(200), rng.integers(0, 4, 200)
        weighted, churn = f1_scores(y, p >= 0.5, weights)
        found.append(abs(weighted - f1_score(y, p >= 0.5, average="weighted", sample_weight=weights)))
        found.append(abs(churn - f1_score(y, p >= 0.5, sample_weight=weights)))
    return max(found)


def check_bootstrap(rng):
    """Whether two equal models do not differ, and a useless one does."""
    y = rng.integers(0, 2, 400)
    good = np.clip(0.5 + 0.3 * (y - 0.5) + rng.normal(0, 0.15, 400), 0, 1)
    _, rows = evaluate(y, {"good": good, "same": good.copy(), "useless": rng.random(400)}, 200, seed=1)
    return {f"{row['a']}-{row['b']}": row["significant"] for row in rows if row["metric"] == "auc"}


def check_threshold():
    """Four users, two of them churners: contacting the first two costs least, as one can count."""
    y, p = np.array([1, 1, 0, 0]), np.array([0.9, 0.6, 0.5, 0.1])
    return {**choose_threshold(y, p, 10, 1), "at_095": cost_at(y, p, 0.95, 10, 1)["cost"]}


def permuted_aucs(x, rng):
    """Cross-validated AUCs with labels that have nothing to do with the features: the mean over several shuffles."""
    aucs = {}
    for _ in range(3):
        y = (rng.random(len(x)) < 0.25).astype(int)
        for name, p in out_of_fold(x, y, 0, OPTIONS, quiet).items():
            aucs.setdefault(name, []).append(roc_auc_score(y, p))
    return {name: float(np.mean(values)) for name, values in aucs.items()}


def planted(x, y, names, rng):
    try:
        refuse_leaks(np.column_stack([x, y + rng.normal(0, 0.1, len(y))]), y, [*names, "planted"])
    except ValueError as problem:
        return str(problem)
    return "not caught"


def main(file):
    rng = np.random.default_rng(7)
    x, y, names = read(file)
    refuse_leaks(x, y, names)
    e1 = run_e1(x, y, names, OPTIONS, quiet)
    noise = rng.normal(size=(3000, 8))
    p = rng.random(5000)
    report = {
        "f1_error": check_f1(rng),
        "bootstrap": check_bootstrap(rng),
        "threshold": check_threshold(),
        "calibrated": calibration_metrics((rng.random(5000) < p).astype(int), p),
        "perfect": point_metrics(np.array([0, 1, 1]), np.array([0.1, 0.9, 0.8])),
        "permuted": permuted_aucs(noise, rng),
        "planted": planted(x, y, names, rng),
        "e0": run_e0(x, y, 3, 10, quiet),
        "e1": {key: e1[key] for key in ("users", "churners", "constant", "models")},
        "important": e1["importance"]["random_forest"]["gain"][0]["feature"],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
