-- What a table in shadow mode was to be protected with, a row for each application's role, how long it has been watched, and
-- what was recorded in the last $2 seconds of that.
select w.column_name, w.setting, r.name, w.append_only, (extract(epoch from now() - w.since))::int8,
       coalesce((select sum(v.count)
                 from daybook_shadow.violations v
                 where v.last_at > greatest(w.since, now() - $2::int8 * interval '1 second')
                   and (v.relation = w.relation
                        or v.relation in (select p.relid from pg_catalog.pg_partition_tree(w.relation) p))), 0)::int8
from daybook_shadow.watched w
cross join unnest(w.app_roles) r (name)
where w.relation = $1::int8::oid
order by r.name collate "C"
