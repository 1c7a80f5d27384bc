-- What pg_dump and CREATE DATABASE … TEMPLATE leave out: the database's owner, rights and settings, as statements for the
-- database $1.
with source as (
    select d.oid, d.datacl, d.datdba from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
), settings as (
    select
        r.rolname,
        pg_catalog.split_part(one, '=', 1) as name,
        pg_catalog.substr(one, pg_catalog.strpos(one, '=') + 1) as value
    from source
    join pg_catalog.pg_db_role_setting s on s.setdatabase = source.oid
    left join pg_catalog.pg_roles r on r.oid = s.setrole
    cross join pg_catalog.unnest(s.setconfig) as one
    where r.rolname is not null or s.setrole = 0
)
select 1 as step, 'owner of the database' as what, true as needed,
       format('alter database %I owner to %I', $1::text, o.rolname) as statement
from source
join pg_catalog.pg_roles o on o.oid = source.datdba
union all
select 2, 'rights on the database', true, format('revoke all on database %I from public', $1::text)
union all
select 3, 'rights on the database', true,
       format('grant %s on database %I to %s',
              a.privilege_type, $1::text, coalesce(pg_catalog.quote_ident(g.rolname), 'public'))
       || case when a.is_grantable and g.oid is not null then ' with grant option' else '' end
from source
cross join pg_catalog.aclexplode(coalesce(source.datacl, pg_catalog.acldefault('d', source.datdba))) a
left join pg_catalog.pg_roles g on g.oid = a.grantee
where g.oid is not null or a.grantee = 0
union all
select 4,
       format('setting %s of the database', s.name) || coalesce(' for role ' || pg_catalog.quote_ident(s.rolname), ''),
       false,
       case when s.rolname is null then format('alter database %I set %I to ', $1::text, s.name)
            else format('alter role %I in database %I set %I to ', s.rolname, $1::text, s.name) end
\ir setting_value.sql
from settings s
\ir copied_settings.sql
order by step, statement
