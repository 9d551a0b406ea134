-- The scores of the day, which the next statement writes anew. Those of other days stay.
DELETE FROM churn_scores WHERE scored_on = CAST(:scored_on AS DATE)
