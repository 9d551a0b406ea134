-- The day's staged scores, with their places among each other.
INSERT INTO churn_scores (
  scored_on, user_id, score, score_rank, decile, above_threshold, reasons, model_sha256, run_id
)
SELECT
  scored_on,
  user_id,
  score,
  ROW_NUMBER() OVER (ORDER BY score DESC, user_id) AS score_rank,
  NTILE(10) OVER (ORDER BY score DESC, user_id) AS decile,
  above_threshold,
  reasons,
  model_sha256,
  CAST(:run_id AS VARCHAR(256)) AS run_id
FROM staging_churn_scores
WHERE scored_on = CAST(:scored_on AS DATE)
