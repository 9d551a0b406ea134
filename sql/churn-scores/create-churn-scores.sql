-- How likely each user was to cancel, as seen at the midnight (UTC) with which scored_on begins: one row per day and user.
-- score_rank 1 is the highest score of the day, decile 1 the tenth of the users with the highest. reasons is a JSON list of
-- {feature, value, usual, part}, the strongest first. model_sha256 is the hash of the model's schema.json.
-- Redshift declares keys without enforcing them; the checks do that.
CREATE TABLE IF NOT EXISTS churn_scores (
  scored_on DATE NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  score DOUBLE PRECISION NOT NULL,
  score_rank INTEGER NOT NULL,
  decile INTEGER NOT NULL,
  above_threshold BOOLEAN NOT NULL,
  reasons VARCHAR(4096) NOT NULL,
  model_sha256 VARCHAR(64) NOT NULL,
  run_id VARCHAR(256) NOT NULL,
  PRIMARY KEY (scored_on, user_id)
) {{ddl_suffix}}
