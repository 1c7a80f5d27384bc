-- What the schema is now, line by line.
select distinct line from (
\ir schema_snapshot.sql
) s
