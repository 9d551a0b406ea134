-- Whether the run has published what is staged for the day. No rows = it has, and it is not nothing.
SELECT staged.users AS staged, published.users AS published
FROM (
  SELECT COUNT(*) AS users FROM staging_churn_scores WHERE scored_on = CAST(:scored_on AS DATE)
) AS staged
CROSS JOIN (
  SELECT COUNT(*) AS users
  FROM churn_scores
  WHERE scored_on = CAST(:scored_on AS DATE) AND run_id = CAST(:run_id AS VARCHAR(256))
) AS published
WHERE staged.users = 0 OR staged.users <> published.users
