-- Every policy of these tables ($1), as the server spells it, with the functions that it calls.
select p.oid::bigint, p.polrelid::bigint, p.polname::text, p.polpermissive,
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
       (select coalesce(string_agg(case u.oid when 0 then 'public' else quote_ident(pg_get_userbyid(u.oid)) end, E'\x1f' order by 1), '')
        from unnest(p.polroles) u (oid)),
       coalesce(pg_get_expr(p.polqual, p.polrelid), ''),
       coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
from pg_catalog.pg_policy p
where p.polrelid::bigint = any ($1::bigint[])
order by p.polrelid::regclass::text, p.polname
