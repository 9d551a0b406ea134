-- lock the table
LOCK TABLE "staging_events";

-- empty the table
DELETE FROM "staging_events";

-- COPY
COPY "staging_events" ("artist", "auth", "firstname", "gender", "iteminsession", "lastname", "length", "level", "location", "method", "page", "registration", "sessionid", "song", "status", "ts", "useragent", "userid")
FROM 's3://sparkify/log_data/'
IAM_ROLE 'arn:aws:iam::123456789012:role/RedshiftRole'
FORMAT AS JSON 'auto ignorecase'
TIMEFORMAT 'epochmillisecs';
