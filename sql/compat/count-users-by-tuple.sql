-- The rule behind a published users count of 105: each distinct combination of user and level counts, so a
-- user who changed level counts twice. All pages, whoever has a user id.
SELECT COUNT(*) AS users
FROM (
  SELECT DISTINCT userid, firstname, lastname, gender, level
  FROM staging_events
  WHERE userid IS NOT NULL
) AS tuples
