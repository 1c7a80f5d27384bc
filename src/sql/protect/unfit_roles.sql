-- Why a role would not be held by the policies of the table; no row for a role that would be.
select q.name,
       case
           when r.oid is null then 'does not exist'
           when r.rolsuper then 'is a superuser, whom no policy binds'
           when r.rolbypassrls then 'has BYPASSRLS: no policy binds it'
           when pg_has_role(r.oid, c.relowner, 'member') then 'owns the table, or can become '
               || quote_ident(pg_get_userbyid(c.relowner))
           else (select 'can become ' || quote_ident(other.rolname) || ', which has BYPASSRLS'
                 from pg_catalog.pg_roles other
                 where other.rolbypassrls and not other.rolsuper and pg_has_role(r.oid, other.oid, 'member')
                 order by other.rolname limit 1)
       end as reason
from unnest($2::text[]) q (name)
left join pg_catalog.pg_roles r on r.rolname = q.name
left join pg_catalog.pg_class c on c.oid = $1::int8::oid
