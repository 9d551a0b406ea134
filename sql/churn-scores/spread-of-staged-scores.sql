-- How the day's staged scores are spread: users in each thousandth.
SELECT CAST(FLOOR(score * 1000) AS INTEGER) AS thousandth, COUNT(*) AS users
FROM staging_churn_scores
WHERE scored_on = CAST(:scored_on AS DATE)
GROUP BY CAST(FLOOR(score * 1000) AS INTEGER)
ORDER BY thousandth
