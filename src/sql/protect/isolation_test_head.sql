-- Whether one organization is kept from another in :table, tried out: as the application's role, in one transaction that is
-- rolled back. It raises on the first thing that is not so, and psql ends with 3. Of organizations that exist, name small
-- ones: all of their rows are locked meanwhile.
--
--     psql "$DATABASE_URL" -X -f THIS_FILE
\set ON_ERROR_STOP on
\set QUIET on
-- A backslash in a name is a backslash.
set standard_conforming_strings = on;
