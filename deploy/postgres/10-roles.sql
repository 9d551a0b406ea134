-- Runs once, when the Postgres volume of docker-compose.yml is empty. Two roles that cannot see each other's data:
-- temporal owns Temporal's two databases; awsuser owns dev, the warehouse, under Redshift's own names.
\set ON_ERROR_STOP on
\getenv temporal_password TEMPORAL_DB_PASSWORD
\getenv warehouse_password WAREHOUSE_PASSWORD

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

CREATE ROLE awsuser LOGIN CREATEDB PASSWORD :'warehouse_password';
CREATE DATABASE dev OWNER awsuser;

REVOKE CONNECT ON DATABASE temporal, temporal_visibility, dev FROM PUBLIC;
