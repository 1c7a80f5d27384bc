-- What is not as it should be: lines that are missing, and lines that are new.
with found as (
\ir schema_snapshot.sql
)
select case when e.line is null then 'unexpected' else 'missing' end as difference, coalesce(e.line, f.line) as line
from daybook.expected_schema e
full join (select distinct line from found) f on f.line = e.line
where e.line is null or f.line is null
order by 2, 1
