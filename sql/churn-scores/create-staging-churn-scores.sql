-- A day's scores as spark/churn.py has written them, one row per JSON object, before they are checked.
-- The columns are the JSON keys. reasons is a JSON list, kept as text; VARCHAR(n) counts bytes on Redshift.
CREATE TABLE IF NOT EXISTS staging_churn_scores (
  scored_on DATE,
  user_id VARCHAR(64),
  score DOUBLE PRECISION,
  above_threshold BOOLEAN,
  reasons VARCHAR(4096),
  model_sha256 VARCHAR(64)
) {{ddl_suffix}}
