-- The roles of a server, as statements that make them again: names, attributes, memberships, settings. Everybody may read
-- what this reads, and passwords are not among it.
--
-- what: for people; needed: the copy would not be the same without it
with roles as (
    select * from pg_catalog.pg_roles r where r.rolname !~ '^pg_'
), memberships as (
    -- PostgreSQL 16 has a row for each grantor, and options for each row; before, the member's own inherit counts.
    select
        granted.rolname as granted,
        member.rolname as member,
        pg_catalog.bool_or(m.admin_option) as admin_option,
        pg_catalog.bool_or((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean) as inherit_option,
        pg_catalog.bool_or((pg_catalog.to_jsonb(m) ->> 'set_option')::boolean) as set_option
    from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles granted on granted.oid = m.roleid
    join roles member on member.oid = m.member
    group by granted.rolname, member.rolname
), settings as (
    select
        r.rolname,
        pg_catalog.split_part(one, '=', 1) as name,
        pg_catalog.substr(one, pg_catalog.strpos(one, '=') + 1) as value
    from pg_catalog.pg_db_role_setting s
    left join roles r on r.oid = s.setrole
    cross join pg_catalog.unnest(s.setconfig) as one
    where s.setdatabase = 0 and (r.oid is not null or s.setrole = 0)
)
select 1 as step, r.rolname::text as name, format('role %I', r.rolname) as what, true as needed,
       format('create role %I with %s %s %s %s %s %s %s connection limit %s',
              r.rolname,
              case when r.rolsuper then 'superuser' else 'nosuperuser' end,
              case when r.rolinherit then 'inherit' else 'noinherit' end,
              case when r.rolcreaterole then 'createrole' else 'nocreaterole' end,
              case when r.rolcreatedb then 'createdb' else 'nocreatedb' end,
              case when r.rolcanlogin then 'login' else 'nologin' end,
              case when r.rolreplication then 'replication' else 'noreplication' end,
              case when r.rolbypassrls then 'bypassrls' else 'nobypassrls' end,
              r.rolconnlimit) as statement
from roles r
union all
select 2, m.member::text, format('membership of %I in %I', m.member, m.granted), true,
       format('grant %I to %I', m.granted, m.member)
       || case when m.set_option is null then case when m.admin_option then ' with admin option' else '' end
               else format(' with admin %s, inherit %s, set %s', m.admin_option, m.inherit_option, m.set_option) end
from memberships m
union all
select 3, s.rolname::text,
       format('setting %s of %s', s.name, coalesce('role ' || pg_catalog.quote_ident(s.rolname), 'all roles')), false,
       format('alter role %s set %I to ', coalesce(pg_catalog.quote_ident(s.rolname), 'all'), s.name)
\ir setting_value.sql
from settings s
\ir copied_settings.sql
order by step, name, statement
