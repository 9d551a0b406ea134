-- The last day before this one that has scores, and the model they were made with.
SELECT scored_on, MAX(model_sha256) AS model_sha256
FROM churn_scores
WHERE scored_on < CAST(:scored_on AS DATE)
GROUP BY scored_on
ORDER BY scored_on DESC
LIMIT 1
