-- A statement that waits for a lock makes everybody who comes after it wait: it gives up soon, and can be run again.
set lock_timeout = :'lock_timeout';
set search_path = pg_catalog;
-- A backslash in a name is a backslash.
set standard_conforming_strings = on;
