-- Takes back what raw SQL may have left on a connection: what DISCARD ALL takes back, which cannot be one of several
-- statements. Sent as one simple query, when a scope that used raw SQL gives its connection back. Prepared statements go
-- too: their text may hold what only one organization should know.
reset session authorization;
reset all;
close all;
deallocate all;
unlisten *;
select pg_catalog.pg_advisory_unlock_all();
discard temp;
discard sequences;
