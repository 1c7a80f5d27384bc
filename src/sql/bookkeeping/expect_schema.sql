-- What the schema is now is what it should be: migrate verify compares with these lines.
delete from daybook.expected_schema;
insert into daybook.expected_schema (line)
select distinct s.line from (
\ir ../statements/schema_snapshot.sql
) s;
