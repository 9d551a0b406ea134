-- How many scores of the day are staged, to hold against the users who have features.
SELECT COUNT(*) AS scores FROM staging_churn_scores WHERE scored_on = CAST(:scored_on AS DATE)
