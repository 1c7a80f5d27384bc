-- Which of these tables ($1) somebody meant to be append-only: a restrictive policy that denies UPDATE or DELETE, a policy that says so in its
-- name, or triggers of UPDATE or DELETE whose functions do nothing but raise. Where one of the two is refused and a policy for the other is
-- there, the other is meant: a queue, say, from which rows are taken and in which none is altered.
with guard as (
    select g.tgrelid as relation, bit_or(g.tgtype & 24) as refused
    from pg_catalog.pg_trigger g
    join pg_catalog.pg_proc f on f.oid = g.tgfoid
    where not g.tgisinternal
      and regexp_replace(f.prosrc, '--[^\n]*', '', 'g') ~* '\mraise\s+(?!debug|log|info|notice|warning)(exception|sqlstate|using|''|[a-z_]+\s*(;|using))'
      and f.prosrc !~* '\m(if|case|loop|insert|update|perform|execute)\M'
    group by g.tgrelid
), permitted as (
    select p.polrelid as relation, bit_or(case p.polcmd when 'd' then 8 when 'w' then 16 else 24 end) as commands
    from pg_catalog.pg_policy p
    where p.polpermissive and p.polcmd in ('w', 'd', '*') and pg_get_expr(p.polqual, p.polrelid) <> 'false'
    group by p.polrelid
)
select t.oid::bigint
from (select unnest($1::bigint[])::oid as oid) t
left join guard g on g.relation = t.oid
left join permitted m on m.relation = t.oid
where exists (select from pg_catalog.pg_policy p
              where p.polrelid = t.oid
                and ((p.polcmd in ('w', 'd') and not p.polpermissive and pg_get_expr(p.polqual, p.polrelid) = 'false')
                     or p.polname ~* 'append[_ -]?only'))
   or (g.refused <> 0 and coalesce(m.commands, 0) & ~g.refused = 0)
