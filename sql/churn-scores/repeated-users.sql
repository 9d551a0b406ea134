-- Users who are staged more than once for the day. No rows = one score each.
SELECT user_id, COUNT(*) AS scores
FROM staging_churn_scores
WHERE scored_on = CAST(:scored_on AS DATE)
GROUP BY user_id
HAVING COUNT(*) > 1
ORDER BY user_id
