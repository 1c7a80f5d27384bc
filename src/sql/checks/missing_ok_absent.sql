-- current_setting(name) without `true`: on a connection that has never set it, every query is an error. Where the server or the database gives every
-- connection a value, an empty one too, there is none.
\ir ../isolation/scope.sql
select distinct 'warning', c.object,
       format('reads %s without missing_ok%s: on a fresh connection every statement fails instead of finding nothing', quote_literal(u.name),
              case when u.function is null then '' else ' in ' || u.function::regprocedure end),
       format(case when u.fails then '-- nullif(current_setting(%s, true), '''')' else '-- current_setting(%s, true)' end, quote_literal(u.name))
from setting_use u
join clause c on c.policy = u.policy
where not u.missing_ok and c.for_app and pg_catalog.current_setting(u.name, true) is null
