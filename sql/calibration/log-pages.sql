-- A row for each user and page while logged in.
SELECT user_id, page, COUNT(*) AS events
FROM events
WHERE user_id IS NOT NULL
GROUP BY user_id, page
