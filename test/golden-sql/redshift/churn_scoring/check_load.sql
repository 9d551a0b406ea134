-- churn-scores/load-differs.sql
--   :scored_on = "2018-11-03"
--   :run_id = "manual__2018-11-02T00:00:00+00:00"
SELECT COUNT(*) AS found FROM (SELECT staged.users AS staged, published.users AS published
FROM (
  SELECT COUNT(*) AS users FROM staging_churn_scores WHERE scored_on = CAST(:scored_on AS DATE)
) AS staged
CROSS JOIN (
  SELECT COUNT(*) AS users
  FROM churn_scores
  WHERE scored_on = CAST(:scored_on AS DATE) AND run_id = CAST(:run_id AS VARCHAR(256))
) AS published
WHERE staged.users = 0 OR staged.users <> published.users) AS offenders;
