-- The column is cast to text, not the setting to uuid: no index of the column serves, and a setting that is no uuid is no error.
\ir ../isolation/scope.sql
select 'warning', c.object,
       format('casts %s to %s instead of the setting to %s: no index can serve, and nonsense in the setting is no error', t.column_name, c.cast_type,
              format_type(t.atttypid, null)),
       format('-- %s = (select nullif(current_setting(…, true), '''')::%s)', t.column_name, format_type(t.atttypid, null))
from clause c
join interesting t on t.oid = c.polrelid
where c.cast_type in ('text', 'varchar', 'character varying', 'bpchar')
  and not t.atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype)
  and c.for_app and not c.implicit
  and c.kind = (select min(d.kind) from clause d where d.policy = c.policy and d.cast_type is not null and not d.implicit)
