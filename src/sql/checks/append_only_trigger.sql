-- An append-only table must refuse aloud: a privilege can be granted again, a restrictive policy is silent, and neither holds the owner's
-- TRUNCATE. A statement trigger does, and must be ENABLE ALWAYS, or session_replication_role switches it off.
\ir ../isolation/scope.sql
, guard as (
    select l.oid, l.name, g.tgenabled, g.tgname, w.word
    from log_table l
    cross join (values (8, 'DELETE'), (16, 'UPDATE'), (32, 'TRUNCATE')) w (bit, word)
    left join pg_catalog.pg_trigger g on g.tgrelid = l.oid and not g.tgisinternal and (g.tgtype & w.bit) <> 0 and (g.tgtype & 2) = 2
                                         and exists (select from pg_catalog.pg_proc f where f.oid = g.tgfoid and f.prosrc ~* '\mraise\M')
)
select case when bool_and(g.tgname is null or g.tgenabled = 'D') then 'error' else 'warning' end, g.name,
       'is append-only, and ' || concat_ws('; ',
              'no trigger refuses ' || string_agg(g.word, ', ' order by g.word) filter (where g.tgname is null),
              'disabled is ' || string_agg(distinct quote_ident(g.tgname), ', ') filter (where g.tgenabled = 'D'),
              'session_replication_role switches off ' || string_agg(distinct quote_ident(g.tgname), ', ') filter (where g.tgenabled in ('O', 'R'))),
       coalesce(string_agg(distinct format('alter table %s enable always trigger %I;', g.name, g.tgname), E'\n') filter (where g.tgname is not null and g.tgenabled <> 'A'), '')
           || coalesce(format('-- a statement trigger before %s that raises: `daybook protect --log %s` prints it',
                              lower(string_agg(g.word, ' or ' order by g.word) filter (where g.tgname is null)), g.name), '')
from guard g
group by g.oid, g.name
having bool_or(g.tgname is null or g.tgenabled <> 'A')
