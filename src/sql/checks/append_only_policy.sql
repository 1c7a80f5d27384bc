-- An append-only table needs policies that say so, and they must be restrictive: a permissive `using (false)` is joined by OR and denies nothing.
\ir ../isolation/scope.sql
, denial as (
    select l.oid, l.name, w.command, w.word,
           exists (select from pg_catalog.pg_policy p
                   where p.polrelid = l.oid and not p.polpermissive and p.polcmd = w.command and pg_get_expr(p.polqual, p.polrelid) = 'false') as denied,
           exists (select from pg_catalog.pg_policy p
                   where p.polrelid = l.oid and p.polpermissive and p.polcmd in (w.command, '*') and pg_get_expr(p.polqual, p.polrelid) <> 'false') as allowed,
           (select string_agg(quote_ident(p.polname), ', ') from pg_catalog.pg_policy p
            where p.polrelid = l.oid and p.polpermissive and p.polcmd = w.command and pg_get_expr(p.polqual, p.polrelid) = 'false') as powerless
    from log_table l
    cross join (values ('w', 'UPDATE'), ('d', 'DELETE')) w (command, word)
    where l.parent is null
)
select case when bool_or(not d.denied and d.allowed) or bool_or(d.powerless is not null and not d.denied) then 'error' else 'warning' end, d.name,
       'is append-only, and ' || concat_ws('; ',
              'no restrictive policy denies ' || string_agg(d.word, ' and ' order by d.word) filter (where not d.denied),
              'a permissive policy allows ' || string_agg(d.word, ' and ' order by d.word) filter (where not d.denied and d.allowed),
              string_agg(d.powerless, ', ') filter (where not d.denied) || ' is permissive: it denies nothing'),
       string_agg(format('create policy %s on %s as restrictive for %s using (false);',
                         quote_ident(left((select c.relname from pg_catalog.pg_class c where c.oid = d.oid), 40) || '_append_only_' || lower(d.word)), d.name, lower(d.word)),
                  E'\n' order by d.word) filter (where not d.denied)
from denial d
group by d.oid, d.name
having not bool_and(d.denied)
