-- An append-only table needs policies that say so, and they must be restrictive: a permissive `using (false)` is joined by OR and denies nothing.
\ir ../isolation/scope.sql
, said as (
    select p.polrelid, p.polname, p.polpermissive, p.polcmd, p.polroles,
           pg_get_expr(p.polqual, p.polrelid) in ('false', '(1 = 0)', '(0 = 1)', '(NOT true)') as never
    from pg_catalog.pg_policy p
), denial as (
    select l.oid, l.name, w.command, w.word, l.relname_cut || '_append_only_' || lower(w.word) as wanted,
           not exists (select from app_role a
                       where a.named and not a.rolsuper
                         and not exists (select from said s
                                         where s.polrelid = l.oid and not s.polpermissive and s.polcmd = w.command and s.never
                                           and (s.polroles = '{0}' or exists (select from unnest(s.polroles) u (oid) where pg_has_role(a.oid, u.oid, 'usage')))))
               as denied,
           exists (select from clause c
                   where c.polrelid = l.oid and c.polpermissive and c.kind = 'using' and c.polcmd in (w.command, '*') and c.for_app
                     and not exists (select from said s where s.polrelid = l.oid and s.polname = c.polname and s.never)) as allowed,
           (select array_agg(s.polname order by s.polname) from said s
            where s.polrelid = l.oid and s.polpermissive and s.polcmd = w.command and s.never) as powerless
    from (select i.*, left(i.relname, 40) as relname_cut from log_table i where i.parent is null) l
    cross join (values ('w', 'UPDATE'), ('d', 'DELETE')) w (command, word)
)
select case when bool_or(not d.denied and d.allowed) then 'error' else 'warning' end, d.name,
       'is append-only, and ' || concat_ws('; ',
              'no restrictive policy denies ' || string_agg(d.word, ' and ' order by d.word) filter (where not d.denied) || ' to every application role',
              'a permissive policy allows ' || string_agg(d.word, ' and ' order by d.word) filter (where not d.denied and d.allowed),
              string_agg((select string_agg(quote_ident(u.name), ', ') from unnest(d.powerless) u (name)), ', ') filter (where not d.denied)
                  || ' is permissive: it denies nothing'),
       string_agg((select coalesce(string_agg(format(E'drop policy %I on %s;\n', s.polname, d.name), '' order by s.polname), '')
                   from said s
                   where s.polrelid = d.oid and (s.polname = any (d.powerless) or s.polname = d.wanted))
                      || format('create policy %I on %s as restrictive for %s using (false);', d.wanted, d.name, lower(d.word)),
                  E'\n' order by d.word) filter (where not d.denied)
from denial d
group by d.oid, d.name
having not bool_and(d.denied)
