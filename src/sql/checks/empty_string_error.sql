-- After the first transaction that sets it locally, a setting is '' for the rest of the session, and ''::uuid is an error.
\ir ../isolation/scope.sql
select distinct 'warning', c.object,
       format('casts %s without nullif(…, ''''): on a connection that was used before, every statement fails instead of finding nothing%s', quote_literal(u.name),
              case when u.function is null then '' else ' (in ' || u.function::regprocedure || ')' end),
       format('-- nullif(current_setting(%s, true), '''') before the cast', quote_literal(u.name))
from setting_use u
join clause c on c.policy = u.policy
where u.fails and u.missing_ok and c.for_app
