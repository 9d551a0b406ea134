-- lock the table
LOCK TABLE "staging_events";

-- create the stage
CREATE TEMP TABLE "airtempo_load_stage" (LIKE "staging_events" INCLUDING DEFAULTS);

-- COPY
COPY "airtempo_load_stage" ("artist", "auth", "firstname", "gender", "iteminsession", "lastname", "length", "level", "location", "method", "page", "registration", "sessionid", "song", "status", "ts", "useragent", "userid")
FROM 's3://sparkify/log_data/2018/11/2018-11-02'
IAM_ROLE 'arn:aws:iam::123456789012:role/RedshiftRole'
FORMAT AS JSON 'auto ignorecase'
TIMEFORMAT 'epochmillisecs';

-- remove the interval
--   :interval_start = "2018-11-02T00:00:00.000Z"
--   :interval_end = "2018-11-03T00:00:00.000Z"
DELETE FROM "staging_events" WHERE "ts" >= :interval_start AND "ts" < :interval_end;

-- remove what comes again
DELETE FROM "staging_events" USING "airtempo_load_stage" WHERE "staging_events"."ts" = "airtempo_load_stage"."ts" AND "staging_events"."sessionid" = "airtempo_load_stage"."sessionid" AND "staging_events"."iteminsession" = "airtempo_load_stage"."iteminsession";

-- take over the stage
INSERT INTO "staging_events" ("artist", "auth", "firstname", "gender", "iteminsession", "lastname", "length", "level", "location", "method", "page", "registration", "sessionid", "song", "status", "ts", "useragent", "userid") SELECT "artist", "auth", "firstname", "gender", "iteminsession", "lastname", "length", "level", "location", "method", "page", "registration", "sessionid", "song", "status", "ts", "useragent", "userid" FROM "airtempo_load_stage";

-- drop the stage
DROP TABLE "airtempo_load_stage";
