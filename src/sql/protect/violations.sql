-- What shadow mode recorded, the most frequent first. $1: of these tables, or of all.
select v.relation::text, v.kind, v.command, v.role, v.application_name, count(distinct v.setting)::int8, min(v.setting),
       sum(v.count)::int8, min(v.at), max(v.last_at)
from daybook_shadow.violations v
where $1::text[] is null
   or v.relation::oid::text = any ($1::text[])
   or exists (select from pg_catalog.pg_partition_ancestors(v.relation) a where a.relid::oid::text = any ($1::text[]))
group by v.relation, v.kind, v.command, v.role, v.application_name
order by sum(v.count) desc, v.relation::text, v.kind, v.command, v.role, v.application_name
