"""What a churn model's scores are worth: metrics, bootstrap intervals, paired comparisons. numpy and scikit-learn; no Spark.

`y` holds 0 and 1, `p` the scores between 0 and 1. Weighted F1 and churn F1 are taken at a threshold, .5 unless said.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

TOP_SHARE = 0.1
INTERVAL_METRICS = ("weighted_f1", "churn_f1", "auc", "pr_auc")


def f1_scores(y, predicted, weights=None):
    """Weighted F1 and the churn class's F1, as scikit-learn's f1_score has them, from one confusion matrix."""
    cells = np.bincount(2 * y.astype(int) + predicted.astype(int), weights=weights, minlength=4)
    tn, fp, fn, tp = (float(cell) for cell in cells)
    churn = 2 * tp / (2 * tp + fp + fn) if tp > 0 else 0.0
    stay = 2 * tn / (2 * tn + fp + fn) if tn > 0 else 0.0
    positives, negatives = tp + fn, tn + fp
    return (churn * positives + stay * negatives) / (positives + negatives), churn


def point_metrics(y, p, threshold=0.5, weights=None):
    """The metrics that get intervals; `weights` are a bootstrap's counts."""
    weighted, churn = f1_scores(y, p >= threshold, weights)
    return {
        "weighted_f1": weighted,
        "churn_f1": churn,
        "auc": float(roc_auc_score(y, p, sample_weight=weights)),
        "pr_auc": float(average_precision_score(y, p, sample_weight=weights)),
    }


def top_metrics(y, p):
    """Lift and recall among the tenth with the highest scores."""
    top = np.argsort(-p, kind="stable")[: max(1, round(len(y) * TOP_SHARE))]
    rate = float(y[top].mean())
    return {"lift_at_10": rate / float(y.mean()), "recall_at_10": float(y[top].sum() / y.sum())}


def calibration_bins(y, p, bins=10):
    """Mean score, share of churners and size of bins of equal size, the lowest scores first."""
    parts = np.array_split(np.argsort(p, kind="stable"), min(bins, len(y)))
    return [(float(p[part].mean()), float(y[part].mean()), len(part)) for part in parts]


def calibration_metrics(y, p):
    """Brier score, expected calibration error, and slope and intercept of a logistic fit on the score's logit (1 and 0 are ideal)."""
    bins = calibration_bins(y, p)
    ece = sum(size * abs(score - rate) for score, rate, size in bins) / len(y)
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    logit = np.log(clipped / (1 - clipped)).reshape(-1, 1)
    fit = LogisticRegression(C=1e6, max_iter=1000).fit(logit, y)
    return {
        "brier": float(np.mean((p - y) ** 2)),
        "ece": float(ece),
        "calibration_slope": float(fit.coef_[0][0]),
        "calibration_intercept": float(fit.intercept_[0]),
    }


def constant_metrics(y):
    """The model that says "all stay", which every F1 has to be held against."""
    weighted, churn = f1_scores(y, np.zeros(len(y)))
    return {"weighted_f1": weighted, "churn_f1": churn, "auc": 0.5, "pr_auc": float(y.mean())}


def draw_weights(y, rounds, seed):
    """Bootstrap samples as counts of rows; each holds both classes."""
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        weights = np.bincount(rng.integers(0, len(y), len(y)), minlength=len(y))
        if 0 < weights[y == 1].sum() < len(y):
            yield weights


def evaluate(y, scores, rounds, seed, thresholds=None):
    """All metrics of several models on the same rows, and how they differ.

    scores: {model: p}. Returns (models, differences). The samples of the bootstrap are the same for all models, so the
    differences are paired.
    """
    thresholds = thresholds or {}
    samples = {model: [] for model in scores}
    for weights in draw_weights(y, rounds, seed):
        for model, p in scores.items():
            samples[model].append(point_metrics(y, p, thresholds.get(model, 0.5), weights))
    models = {}
    for model, p in scores.items():
        value = point_metrics(y, p, thresholds.get(model, 0.5))
        models[model] = {name: {"value": value[name], **interval([s[name] for s in samples[model]])} for name in INTERVAL_METRICS}
        models[model].update({name: {"value": v} for name, v in {**top_metrics(y, p), **calibration_metrics(y, p)}.items()})
    return models, compare(models, samples)


def interval(values):
    """The 95 % interval of a bootstrap's values."""
    low, high = np.percentile(values, [2.5, 97.5])
    return {"low": float(low), "high": float(high)}


def compare(models, samples):
    """Each pair of models: the difference, its interval, and whether the interval leaves out 0."""
    names = list(models)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    rows = []
    for a, b in pairs:
        for metric in INTERVAL_METRICS:
            drawn = [one[metric] - other[metric] for one, other in zip(samples[a], samples[b])]
            bounds = interval(drawn)
            rows.append(
                {
                    "a": a,
                    "b": b,
                    "metric": metric,
                    "difference": models[a][metric]["value"] - models[b][metric]["value"],
                    **bounds,
                    "significant": bool(bounds["low"] > 0 or bounds["high"] < 0),
                }
            )
    return rows


def curves(y, p, points=60):
    """ROC, precision-recall and calibration curves, thinned for a chart."""
    false_rate, true_rate, _ = roc_curve(y, p)
    precision, recall, _ = precision_recall_curve(y, p)
    return {
        "roc": thin(false_rate, true_rate, points),
        "pr": thin(recall[::-1], precision[::-1], points),
        "calibration": [[score, rate, size] for score, rate, size in calibration_bins(y, p)],
    }


def thin(xs, ys, points):
    keep = np.unique(np.linspace(0, len(xs) - 1, min(points, len(xs))).astype(int))
    return [[float(xs[i]), float(ys[i])] for i in keep]


def choose_threshold(y, p, cost_miss, cost_contact):
    """The threshold at which contacting everybody above it costs least.

    A churner who is missed costs `cost_miss`, a contact costs `cost_contact`, whoever it reaches. Returns the threshold and the cost a
    user of it, of contacting nobody, and of contacting all.
    """
    order = np.argsort(-p, kind="stable")
    missed = y.sum() - np.concatenate([[0], np.cumsum(y[order])])
    costs = missed * cost_miss + np.arange(len(y) + 1) * cost_contact
    best = int(np.argmin(costs))
    threshold = 1.0 if best == 0 else float(p[order[best - 1]])
    return {"threshold": threshold, **cost_at(y, p, threshold, cost_miss, cost_contact)}


def cost_at(y, p, threshold, cost_miss, cost_contact):
    """The cost a user at a threshold, beside those of contacting nobody and all."""
    contacted = p >= threshold
    return {
        "cost": float((y[~contacted].sum() * cost_miss + contacted.sum() * cost_contact) / len(y)),
        "cost_nobody": float(y.mean() * cost_miss),
        "cost_all": float(cost_contact),
        "contacted_share": float(contacted.mean()),
    }


def refuse_leaks(x, y, names, limit=0.95):
    """Raises ValueError if one feature alone tells the label: that is no insight, it is the answer."""
    for column, name in enumerate(names):
        auc = roc_auc_score(y, x[:, column])
        if max(auc, 1 - auc) > limit:
            raise ValueError(
                f"feature {name} alone tells the label: its AUC is {max(auc, 1 - auc):.3f}, and more than {limit} is taken for a leak. "
                "Remove it, or show that it is known before the cut and raise --leak-limit"
            )
