-- Takes back what raw SQL may have left on a connection, except prepared statements, which carry no data and which
-- the host may count on. Sent as one simple query, when a scope that used raw SQL gives its connection back.
reset session authorization;
reset all;
close all;
unlisten *;
select pg_catalog.pg_advisory_unlock_all();
discard temp;
discard sequences;
