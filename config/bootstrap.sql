-- Makes the two database roles and the database. Run once, as a superuser, with psql:
--   psql -v owner_password=… -v app_password=… -v database=perennial -f config/bootstrap.sql
-- It may be run again: it then only sets passwords and settings anew.
--
-- perennial_owner owns the tables and runs the migrations (CREATEDB only serves the tests).
-- perennial_app is what web, workers and tests connect as: it owns nothing and has no privilege
-- but what `migrate` grants table by table.
\set ON_ERROR_STOP on
SELECT 'CREATE ROLE perennial_owner'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'perennial_owner') \gexec
SELECT 'CREATE ROLE perennial_app'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'perennial_app') \gexec

ALTER ROLE perennial_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION
    PASSWORD :'owner_password';
ALTER ROLE perennial_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOINHERIT
    PASSWORD :'app_password';
-- A writer that can't get its row says so soon, and one that forgets its transaction loses it.
ALTER ROLE perennial_app SET lock_timeout = '5s';
ALTER ROLE perennial_app SET idle_in_transaction_session_timeout = '60s';

-- So that the owner may end sessions of the application (a migration that waits, a test's end).
GRANT perennial_app TO perennial_owner;

SELECT format('CREATE DATABASE %I OWNER perennial_owner', :'database')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
