-- One row: all events, those of nobody, registrations, and songs by length.
SELECT
  COUNT(*) AS all_rows,
  SUM(CASE WHEN user_id IS NULL THEN 1 ELSE 0 END) AS blank_rows,
  SUM(CASE WHEN page = 'Register' THEN 1 ELSE 0 END) AS registers,
  SUM(CASE WHEN page = 'Submit Registration' THEN 1 ELSE 0 END) AS registrations,
  COUNT(length) AS songs,
  AVG(length) AS length_mean,
  STDDEV_SAMP(length) AS length_sd,
  PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY length) AS length_p25,
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY length) AS length_p50,
  PERCENTILE_CONT(0.75) WITHIN GROUP (ORDER BY length) AS length_p75
FROM events
