"""E2 and the model that goes into production: Spark MLlib, trained on landmarks and tested on a later one.

Also scores users with a saved model and says why. Features are looked up by the names in the schema, never by position.
"""

import numpy as np
from churn_metrics import choose_threshold, constant_metrics, cost_at, curves, evaluate
from churn_protocols import by_name
from pyspark.ml.classification import (
    GBTClassificationModel,
    GBTClassifier,
    LogisticRegression,
    LogisticRegressionModel,
    RandomForestClassificationModel,
    RandomForestClassifier,
)
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import functions as F
from sklearn.metrics import average_precision_score, roc_auc_score

MODEL_CLASSES = {
    "logistic_regression": LogisticRegressionModel,
    "random_forest": RandomForestClassificationModel,
    "gradient_boosted_trees": GBTClassificationModel,
}
IMPORTANCE_ROWS = 1500  # each is scored once for every feature and repeat


def make_estimators(trees, boosts):
    return {
        "logistic_regression": LogisticRegression(regParam=0.003, maxIter=100),
        "random_forest": RandomForestClassifier(numTrees=trees, maxDepth=10, minInstancesPerNode=5, seed=1),
        "gradient_boosted_trees": GBTClassifier(maxIter=boosts, maxDepth=4, stepSize=0.15, minInstancesPerNode=20, seed=1),
    }


def to_vectors(frame, names, *kept):
    """The frame with its features as one vector, in the order of `names`."""
    columns = F.array(*[F.col(name).cast("double") for name in names])
    return frame.select(*kept, array_to_vector(columns).alias("features"))


def predict(model, frame, *kept):
    """The frame's rows with the score `p`."""
    return model.transform(frame).select(*kept, vector_to_array("probability")[1].alias("p"))


def collect_scores(model, frame):
    rows = predict(model, frame, "user_id", "label").orderBy("user_id").collect()
    return np.array([row.label for row in rows]), np.array([row.p for row in rows])


def run_e2(spark, frame, names, options, progress):
    """Trains on the early landmarks and tests on the last. Returns (report, model's name, model).

    The model for production and its threshold are chosen on the last landmark before the test's, by models that have not seen it;
    then all are trained anew on all landmarks but the test's, which chooses nothing.
    """
    landmarks = [row.cut_ms for row in frame.select("cut_ms").distinct().orderBy("cut_ms").collect()]
    if len(landmarks) < 3:
        raise ValueError(f"E2 needs three landmarks or more, and the features have {len(landmarks)}: make them with more days")
    data = to_vectors(frame, names, "user_id", "cut_ms", "label").cache()
    part = lambda *cuts: data.filter(F.col("cut_ms").isin(*cuts))
    chosen = choose(part(*landmarks[:-2]), part(landmarks[-2]), options, progress)
    train = part(*landmarks[:-1])
    fitted, scores = {}, {}
    for name, estimator in make_estimators(options.trees, options.boosts).items():
        progress(f"E2, {name} on {len(landmarks) - 1} landmarks")
        fitted[name] = estimator.fit(train)
        y, scores[name] = collect_scores(fitted[name], part(landmarks[-1]))
    models, differences = evaluate(y, scores, options.bootstraps, seed=2)
    best, threshold = chosen["model"], chosen["threshold"]
    progress("E2, importance")
    importance = {name: by_name(names, weights) for name, weights in gains(fitted).items()}
    report = {
        "train_landmarks": landmarks[:-1],
        "test_landmark": landmarks[-1],
        "train_rows": train.count(),
        "users": len(y),
        "churners": int(y.sum()),
        "bootstraps": options.bootstraps,
        "constant": constant_metrics(y),
        "models": models,
        "differences": differences,
        "curves": {name: curves(y, p) for name, p in scores.items()},
        "gain": importance,
        "permutation": permutation(spark, fitted[best], part(landmarks[-1]), names),
        "chosen": {**chosen, "test": cost_at(y, scores[best], threshold, options.cost_miss, options.cost_contact)},
    }
    return report, best, fitted[best]


def choose(train, validation, options, progress):
    """The model with the best PR-AUC on the validation landmark, and its cheapest threshold there."""
    found = {}
    for name, estimator in make_estimators(options.trees, options.boosts).items():
        progress(f"E2, choosing: {name}")
        found[name] = collect_scores(estimator.fit(train), validation)
    quality = {name: float(average_precision_score(y, p)) for name, (y, p) in found.items()}
    best = max(quality, key=quality.get)
    costs = {"cost_miss": options.cost_miss, "cost_contact": options.cost_contact}
    return {"model": best, "validation_pr_auc": quality, **costs, **choose_threshold(*found[best], **costs)}


def gains(fitted):
    """The trees' gain; the regression's coefficients a standard deviation are E1's."""
    return {name: model.featureImportances.toArray() for name, model in fitted.items() if hasattr(model, "featureImportances")}


def permutation(spark, model, frame, names):
    """How much AUC a feature's shuffling costs, on users whom the model has not seen."""
    rows = frame.orderBy("user_id").limit(IMPORTANCE_ROWS).collect()
    x, y = np.array([row.features.toArray() for row in rows]), np.array([row.label for row in rows])
    if y.min() == y.max():
        return []
    order = np.random.default_rng(0).permutation(len(y))
    stacked = [(-1, i, values.tolist()) for i, values in enumerate(x)]
    for column in range(x.shape[1]):
        shuffled = x.copy()
        shuffled[:, column] = x[order, column]
        stacked += [(column, i, values.tolist()) for i, values in enumerate(shuffled)]
    copies = spark.createDataFrame(stacked, "feature INT, row INT, x ARRAY<DOUBLE>")
    scored = predict(model, copies.select("feature", "row", array_to_vector("x").alias("features")), "feature", "row").collect()
    scores = np.zeros((len(names) + 1, len(y)))
    for row in scored:
        scores[row.feature + 1, row.row] = row.p
    base = roc_auc_score(y, scores[0])
    return by_name(names, [base - roc_auc_score(y, shuffled) for shuffled in scores[1:]])


def put(column, position, value):
    """The array with another value at one position."""
    return F.transform(column, lambda old, i: F.when(i == position, F.lit(float(value))).otherwise(old))


def score(frame, model, schema, reasons=3):
    """Scores each user, with the features that raise the score most.

    A feature's part is the score less what it would be with the training median in its place: it works for every model, and reads
    as "because this is not as usual".
    """
    names = [feature["name"] for feature in schema]
    medians = [feature["median"] for feature in schema]
    values = frame.select("user_id", F.array(*[F.col(name).cast("double") for name in names]).alias("x"))
    swaps = [F.struct(F.lit(-1).alias("feature"), F.col("x").alias("x"))]
    for position, median in enumerate(medians):
        swaps.append(F.struct(F.lit(position).alias("feature"), put("x", position, median).alias("x")))
    copies = values.select("user_id", F.col("x").alias("own"), F.explode(F.array(*swaps)).alias("swap"))
    vectors = copies.select("user_id", "own", F.col("swap.feature").alias("feature"), array_to_vector("swap.x").alias("features"))
    scored = predict(model, vectors, "user_id", "own", "feature")
    parts = scored.groupBy("user_id").agg(
        F.max(F.when(F.col("feature") == -1, F.col("p"))).alias("score"),
        F.first("own").alias("own"),
        F.collect_list(F.when(F.col("feature") >= 0, F.struct("p", "feature"))).alias("parts"),
    )
    # the lowest score without a feature is the feature that raises it most
    rows = parts.select("user_id", "score", "own", F.slice(F.array_sort("parts"), 1, reasons).alias("parts")).orderBy("user_id").collect()
    for row in rows:
        why = [
            {"feature": names[part.feature], "value": row.own[part.feature], "usual": medians[part.feature], "part": row.score - part.p}
            for part in row.parts
            if row.score - part.p > 1e-6
        ]
        yield {"user_id": row.user_id, "score": row.score, "reasons": why}
