-- Actions of foreign keys look past every policy and privilege: removing a row elsewhere removes or changes rows here, of a log too.
\ir ../isolation/scope.sql
select case when t.log then 'error' else 'warning' end, format('%s/%I', t.name, k.conname),
       format('%s by itself when a row of %s is %s: neither a policy nor a privilege is asked', concat_ws(' and ',
              case k.confdeltype when 'c' then 'loses rows' when 'n' then 'changes rows' when 'd' then 'changes rows' end,
              case when k.confupdtype in ('c', 'n', 'd') then 'is rewritten' end),
              format('%I.%I', n.nspname, f.relname),
              concat_ws(' or ', case when k.confdeltype in ('c', 'n', 'd') then 'removed' end, case when k.confupdtype in ('c', 'n', 'd') then 'changed' end)),
       -- The actions stand behind the columns, and whether it is deferrable behind them.
       format('alter table %s drop constraint %I, add constraint %I %s;', t.name, k.conname, k.conname,
              regexp_replace(regexp_replace(pg_get_constraintdef(k.oid),
                                            ' ON (DELETE|UPDATE) (RESTRICT|CASCADE|SET NULL|SET DEFAULT)( \([^)]*\))?', '', 'g'),
                             '((?: NOT)? DEFERRABLE( INITIALLY DEFERRED)?)?( NOT VALID)?$', ' on delete restrict\&'))
from pg_catalog.pg_constraint k
join interesting t on t.oid = k.conrelid
join pg_catalog.pg_class f on f.oid = k.confrelid
join pg_catalog.pg_namespace n on n.oid = f.relnamespace
where k.contype = 'f' and k.conparentid = 0
  and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))
  and (t.log
       -- Elsewhere where the key does not say the organization, and an application role can set it off.
       or (t.attnum is not null and not t.attnum = any (k.conkey)
           and exists (select from app_role a
                       where (k.confdeltype in ('c', 'n', 'd') and has_table_privilege(a.oid, k.confrelid, 'delete'))
                          or (k.confupdtype in ('c', 'n', 'd') and has_any_column_privilege(a.oid, k.confrelid, 'update')))
           and not exists (select from tenant_table o where o.oid = k.confrelid and o.relrowsecurity)))
