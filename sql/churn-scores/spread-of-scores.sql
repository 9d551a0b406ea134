-- How a day's published scores are spread: users in each thousandth.
SELECT CAST(FLOOR(score * 1000) AS INTEGER) AS thousandth, COUNT(*) AS users
FROM churn_scores
WHERE scored_on = CAST(:scored_on AS DATE)
GROUP BY CAST(FLOOR(score * 1000) AS INTEGER)
ORDER BY thousandth
