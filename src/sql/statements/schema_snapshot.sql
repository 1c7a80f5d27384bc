-- Everything in the schema that keeps a promise, one line each, as this server spells it. `migrate up` stores the
-- lines, `migrate verify` compares. Partitions come and go, so each is measured against the default one, and gives a line
-- only where it differs. What retention detached must be as closed as it was.
with retired as (
    -- A name alone hides nothing.
    select c.oid
    from daybook.retired_partitions r
    join pg_catalog.pg_class c on c.relname in (r.name, r.facets_name) and c.relkind = 'r'
                                  and c.relname ~ '^retired_(audit_logs|facets)_'
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'daybook'
), relation as (
    select c.oid, c.relname::text as name, c.relkind, c.relispartition, c.relrowsecurity, c.relforcerowsecurity, c.relowner,
           c.relacl, c.reloptions, c.relpersistence
    from pg_catalog.pg_class c
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and (c.relnamespace = (select n.oid from pg_catalog.pg_namespace n where n.nspname = 'daybook')
           -- A partition may lie in any schema.
           or c.oid in (select i.inhrelid
                        from pg_catalog.pg_inherits i
                        join pg_catalog.pg_class p on p.oid = i.inhparent
                        join pg_catalog.pg_namespace n on n.oid = p.relnamespace and n.nspname = 'daybook'))
), kept as (
    select r.*
    from relation r
    where r.name in ('audit_logs_default', 'facets_default')
       or not (r.relispartition or r.oid in (select t.oid from retired t))
), month as (
    select r.*, k.oid as parent
    from relation r
    left join pg_catalog.pg_inherits i on i.inhrelid = r.oid
    join relation k on k.oid = i.inhparent or (i.inhparent is null and k.relkind = 'p' and starts_with(r.name, 'retired_' || k.name))
    where r.name not in ('audit_logs_default', 'facets_default')
      and (r.relispartition or r.oid in (select t.oid from retired t))
), line (line) as (
    select format('server: PostgreSQL %s', current_setting('server_version_num')::int / 10000)
    union all
    select format('schema: owner %s', pg_get_userbyid(n.nspowner)) from pg_catalog.pg_namespace n where n.nspname = 'daybook'
    union all
    select format('schema: %s to %s', a.privilege_type, case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end)
    from pg_catalog.pg_namespace n, aclexplode(n.nspacl) a
    where n.nspname = 'daybook'
    union all
    select format('%s %s: owner %s, row security %s%s%s%s',
                  case r.relkind when 'v' then 'view' when 'S' then 'sequence' when 'm' then 'materialized view' else 'table' end,
                  r.name, pg_get_userbyid(r.relowner),
                  case when r.relrowsecurity then 'on' else 'off' end,
                  case when r.relforcerowsecurity then ', forced' else '' end || case when r.relispartition then ', a partition' else '' end,
                  coalesce(', ' || array_to_string(r.reloptions, ' '), ''),
                  case when r.relpersistence <> 'p' then ', not logged' else '' end)
    from kept r
    union all
    select format('default privileges of %s: %s', pg_get_userbyid(d.defaclrole), d.defaclacl)
    from pg_catalog.pg_default_acl d
    join pg_catalog.pg_namespace n on n.nspname = 'daybook' and (n.oid = d.defaclnamespace or n.nspowner = d.defaclrole)
    union all
    select format('%s: %s to %s', r.name, a.privilege_type, case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end)
    from kept r, aclexplode(r.relacl) a
    where a.grantee <> r.relowner
    union all
    select format('%s.%s: %s%s%s%s%s', r.name, a.attname, format_type(a.atttypid, a.atttypmod),
                  case when a.attnotnull then ' not null' else '' end,
                  case when a.attgenerated = 's' then ' generated ' else ' default ' end || pg_get_expr(d.adbin, d.adrelid),
                  case when a.attcollation <> 0 and a.attcollation <> t.typcollation
                       then ' collate ' || (select l.collname from pg_catalog.pg_collation l where l.oid = a.attcollation) end,
                  case when a.attstattarget = 0 then ' no statistics' end)
    from kept r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    union all
    select format('%s.%s: %s to %s', r.name, a.attname, x.privilege_type, case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee) end)
    from kept r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped,
    aclexplode(a.attacl) x
    union all
    select format('%s: constraint %s %s', r.name, c.conname, pg_get_constraintdef(c.oid, true))
    from kept r
    join pg_catalog.pg_constraint c on c.conrelid = r.oid and c.contype <> 'n'
    union all
    select format('%s: index %s', r.name, pg_get_indexdef(i.indexrelid))
    from kept r
    join pg_catalog.pg_index i on i.indrelid = r.oid
    union all
    select format('%s: policy %s %s for %s to %s using %s with check %s', r.name, p.polname,
                  case when p.polpermissive then 'permissive' else 'restrictive' end,
                  case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
                  (select string_agg(case u.oid when 0 then 'public' else pg_get_userbyid(u.oid) end, ', ' order by 1)
                   from unnest(p.polroles) as u (oid)),
                  coalesce(regexp_replace(pg_get_expr(p.polqual, p.polrelid), E'\\s+', ' ', 'g'), '-'),
                  coalesce(regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), E'\\s+', ' ', 'g'), '-'))
    from kept r
    join pg_catalog.pg_policy p on p.polrelid = r.oid
    union all
    select format('%s: trigger %s, enabled %s', r.name, pg_get_triggerdef(t.oid), t.tgenabled)
    from kept r
    join pg_catalog.pg_trigger t on t.tgrelid = r.oid and (not t.tgisinternal or t.tgparentid <> 0)
    union all
    select format('%s: rule %s', r.name, pg_get_ruledef(w.oid))
    from kept r
    join pg_catalog.pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'
    union all
    select format('view %s: %s', r.name, md5(pg_get_viewdef(r.oid)))
    from kept r
    where r.relkind = 'v'
    union all
    select format('%s %s(%s): owner %s, %s%s%s, %s, text %s', case p.prokind when 'p' then 'procedure' else 'function' end,
                  p.proname, pg_get_function_identity_arguments(p.oid), pg_get_userbyid(p.proowner),
                  case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
                  case when p.prosecdef then ', security definer' else '' end,
                  case when p.proisstrict then ', strict' else '' end,
                  coalesce(array_to_string(p.proconfig, ', '), 'no settings'),
                  md5(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)))
    from pg_catalog.pg_proc p
    where p.pronamespace = (select n.oid from pg_catalog.pg_namespace n where n.nspname = 'daybook')
    union all
    select format('%s(%s): %s to %s', p.proname, pg_get_function_identity_arguments(p.oid), a.privilege_type,
                  case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end)
    from pg_catalog.pg_proc p,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where p.pronamespace = (select n.oid from pg_catalog.pg_namespace n where n.nspname = 'daybook') and a.grantee <> p.proowner
    union all
    select format('partition %s: row security is not on and forced', m.name)
    from month m
    where not (m.relrowsecurity and m.relforcerowsecurity)
    union all
    select format('partition %s: owner %s', m.name, pg_get_userbyid(m.relowner))
    from month m
    where m.relowner <> (select k.relowner from kept k where k.name = 'audit_logs')
    union all
    select format('partition %s: %s to %s', m.name, a.privilege_type, case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end)
    from month m, aclexplode(m.relacl) a
    where a.grantee <> m.relowner
    union all
    select format('partition %s.%s: %s to %s', m.name, a.attname, x.privilege_type,
                  case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee) end)
    from month m
    join pg_catalog.pg_attribute a on a.attrelid = m.oid and a.attnum > 0 and not a.attisdropped,
    aclexplode(a.attacl) x
    union all
    select format('partition %s: trigger append_only is missing or not always enabled', m.name)
    from month m
    where not exists (select from pg_catalog.pg_trigger t where t.tgrelid = m.oid and t.tgname = 'append_only' and t.tgenabled = 'A')
    union all
    select format('partition %s: trigger %s', m.name, t.tgname)
    from month m
    join pg_catalog.pg_trigger t on t.tgrelid = m.oid and not t.tgisinternal and t.tgname <> 'append_only'
    union all
    select format('partition %s: not logged', m.name) from month m where m.relpersistence <> 'p'
    union all
    select format('partition %s: statistics of %s', m.name, a.attname)
    from month m
    join pg_catalog.pg_attribute a on a.attrelid = m.oid and a.attnum > 0 and a.attstattarget is distinct from 0
    join kept k on k.oid = m.parent
    join pg_catalog.pg_attribute b on b.attrelid = k.oid and b.attname = a.attname and b.attstattarget = 0
    union all
    select format('partition %s: policy %s', m.name, p.polname)
    from month m
    join pg_catalog.pg_policy p on p.polrelid = m.oid
    union all
    select format('partition %s: rule %s', m.name, w.rulename)
    from month m
    join pg_catalog.pg_rewrite w on w.ev_class = m.oid
)
select line from line
