-- Staged scores that are none: missing, or outside 0 to 1. No rows = each is a probability.
SELECT user_id, score
FROM staging_churn_scores
WHERE scored_on = CAST(:scored_on AS DATE)
  AND (score IS NULL OR score < 0 OR score > 1 OR user_id IS NULL)
ORDER BY user_id
