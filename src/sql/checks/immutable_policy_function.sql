-- A function that reads the session or a table, and says that it is IMMUTABLE: the planner keeps its answer, and a cached plan serves one
-- organization's rows to the next.
\ir ../isolation/scope.sql
select distinct 'error', f.oid::regprocedure::text,
       format('is IMMUTABLE, is called by policy %s, and reads %s: a cached plan shows one organization''s rows to another', c.object,
              case when f.prosrc ~* 'current_setting|current_user|session_user|auth\.' then 'the session' else 'a table' end),
       format('alter function %s stable;', f.oid::regprocedure)
from clause c
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = c.policy
                               and d.refclassid = 'pg_catalog.pg_proc'::regclass
join pg_catalog.pg_proc f on f.oid = d.refobjid
where f.provolatile = 'i'
  and coalesce(pg_get_function_sqlbody(f.oid), f.prosrc) ~* 'current_setting|current_user|session_user|current_role|\mauth\.|\mfrom\M'
