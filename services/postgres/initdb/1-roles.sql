-- Run once, by the image's entrypoint, when the data volume is empty.
-- A role for each use, each with its own password; what a role does not own it cannot read, except where granted below.
\set mlflow_password `cat /run/secrets/postgres/mlflow`
\set courier_password `cat /run/secrets/postgres/courier`
\set grafana_password `cat /run/secrets/postgres/grafana`

CREATE ROLE mlflow LOGIN PASSWORD :'mlflow_password';
CREATE ROLE courier LOGIN PASSWORD :'courier_password';
CREATE ROLE grafana LOGIN PASSWORD :'grafana_password' CONNECTION LIMIT 10;
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '15s';

CREATE DATABASE mlflow OWNER mlflow;
CREATE DATABASE audit OWNER courier;
REVOKE ALL ON DATABASE postgres, mlflow, audit FROM PUBLIC;
GRANT CONNECT ON DATABASE audit TO grafana;
-- How the server does, for the board Platform: sizes, connections, statements without their parameters. No table's content.
GRANT pg_monitor TO grafana;

-- The courier makes its tables later; whatever it makes, Grafana may read.
\connect audit
CREATE EXTENSION pg_stat_statements;
GRANT USAGE ON SCHEMA public TO grafana;
ALTER DEFAULT PRIVILEGES FOR ROLE courier GRANT USAGE ON SCHEMAS TO grafana;
ALTER DEFAULT PRIVILEGES FOR ROLE courier GRANT SELECT ON TABLES TO grafana;
