-- schema/lock-schema.sql
SELECT 1 AS locked;

-- churn-scores/create-staging-churn-scores.sql
CREATE TABLE IF NOT EXISTS staging_churn_scores (
  scored_on DATE,
  user_id VARCHAR(64),
  score DOUBLE PRECISION,
  above_threshold BOOLEAN,
  reasons VARCHAR(4096),
  model_sha256 VARCHAR(64)
) DISTSTYLE AUTO SORTKEY AUTO;

-- churn-scores/create-churn-scores.sql
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
) DISTSTYLE AUTO SORTKEY AUTO;
