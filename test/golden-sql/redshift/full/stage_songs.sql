-- lock the table
LOCK TABLE "staging_songs";

-- empty the table
DELETE FROM "staging_songs";

-- COPY
COPY "staging_songs"
FROM 's3://sparkify/song_data/'
IAM_ROLE 'arn:aws:iam::123456789012:role/RedshiftRole'
FORMAT AS JSON 'auto ignorecase'
TIMEFORMAT 'auto';
