"""E0 and E1: many small fits in memory, by scikit-learn. No Spark (ADR 30).

E0 is the original project's protocol and LEAKY; it is here to be compared with. E1 is the honest one.
"""

import os

# several threads that share busy cores wait for one another: eight times slower than one thread, measured
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from churn_metrics import constant_metrics, curves, evaluate, point_metrics
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SMALL_USERS = 448  # the original's medium data set: 362 users to train, 86 to test


def make_models(seed, trees=100):
    """The three models of the original project. Their settings are fixed: nothing is tuned on what is tested on."""
    return {
        "logistic_regression": make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000)),
        "random_forest": RandomForestClassifier(
            n_estimators=trees, max_depth=12, min_samples_leaf=5, max_features="sqrt", random_state=seed
        ),
        "gradient_boosted_trees": HistGradientBoostingClassifier(
            max_iter=120, learning_rate=0.06, max_leaf_nodes=12, min_samples_leaf=20, l2_regularization=1.0,
            early_stopping=False, random_state=seed,
        ),
    }  # fmt: skip


def run_e0(x, y, seeds, trees, progress):
    """The original's protocol, over and over: 80/20 splits of all users, and of 448 users drawn anew each time."""
    report = {"leaky": True, "seeds": seeds, **redraw(x, y, len(y), seeds, trees, lambda n: progress(f"E0 split {n}/{seeds}"))}
    if len(y) > SMALL_USERS:
        report["small"] = redraw(x, y, SMALL_USERS, seeds, trees, lambda n: progress(f"E0 with {SMALL_USERS} users {n}/{seeds}"))
    return report


def redraw(x, y, users, seeds, trees, progress):
    rows = {}
    for seed in range(seeds):
        progress(seed + 1)
        drawn = np.random.default_rng(seed).permutation(len(y))[:users]
        train, test = train_test_split(drawn, test_size=0.2, random_state=seed, stratify=y[drawn])
        rows.setdefault("constant", []).append(constant_metrics(y[test]))
        for name, model in make_models(seed, trees).items():
            p = model.fit(x[train], y[train]).predict_proba(x[test])[:, 1]
            rows.setdefault(name, []).append(point_metrics(y[test], p))
    test_users = len(test)
    summary = {name: {metric: spread([row[metric] for row in found]) for metric in found[0]} for name, found in rows.items()}
    return {"users": int(users), "test_users": test_users, "models": summary}


def spread(values):
    """Mean, standard deviation and the 5th and 95th percentile over the splits."""
    low, high = np.percentile(values, [5, 95])
    return {"mean": float(np.mean(values)), "sd": float(np.std(values)), "p5": float(low), "p95": float(high)}


def run_e1(x, y, names, options, progress):
    """Repeated stratified cross-validation; every score is of a user whom the model has not seen."""
    repeats = [out_of_fold(x, y, seed, options, lambda text, r=seed: progress(f"E1 repeat {r + 1}/{options.repeats}, {text}")) for seed in range(options.repeats)]
    first = repeats[0]
    models, differences = evaluate(y, first, options.bootstraps, seed=1)
    for name, found in models.items():
        values = [point_metrics(y, scores[name]) for scores in repeats]
        for metric in values[0]:
            found[metric]["repeat_mean"] = float(np.mean([value[metric] for value in values]))
    return {
        "users": len(y),
        "churners": int(y.sum()),
        "folds": options.folds,
        "repeats": options.repeats,
        "bootstraps": options.bootstraps,
        "constant": constant_metrics(y),
        "models": models,
        "differences": differences,
        "curves": {name: curves(y, p) for name, p in first.items()},
        "importance": explain(x, y, names, options, progress),
    }


def out_of_fold(x, y, seed, options, progress):
    folds = StratifiedKFold(options.folds, shuffle=True, random_state=seed)
    scores = {}
    for number, (train, test) in enumerate(folds.split(x, y), 1):
        for name, model in make_models(seed, options.trees).items():
            progress(f"fold {number}/{options.folds}, {name}")
            scores.setdefault(name, np.zeros(len(y)))[test] = model.fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    return scores


def explain(x, y, names, options, progress):
    """What the models look at: permutation on a fold they have not seen, and the random forest's gain as in the original's plot."""
    train, test = next(StratifiedKFold(options.folds, shuffle=True, random_state=0).split(x, y))
    test = test[:2000]  # the order of importance is settled long before; more rows only take time
    report = {}
    for name, model in make_models(0, options.trees).items():
        progress(f"importance, {name}")
        model.fit(x[train], y[train])
        found = permutation_importance(model, x[test], y[test], scoring="roc_auc", n_repeats=3, random_state=0)
        report[name] = {"permutation": by_name(names, found.importances_mean)}
        if name == "random_forest":
            report[name]["gain"] = by_name(names, model.feature_importances_)
        if name == "logistic_regression":
            report[name]["coefficient"] = by_name(names, model[-1].coef_[0])
    return report


def by_name(names, values):
    """Pairs of name and value, the largest first."""
    pairs = sorted(zip(names, (float(value) for value in values)), key=lambda pair: -abs(pair[1]))
    return [{"feature": name, "value": value} for name, value in pairs]
