-- An append-only table must refuse aloud: a privilege can be granted again, a restrictive policy is silent, and neither holds the owner's
-- TRUNCATE. A trigger does, and must be ENABLE ALWAYS, or session_replication_role switches it off.
\ir ../isolation/scope.sql
, guard as (
    -- The best that there is for each statement.
    select l.oid, l.name, l.parent, w.word, b.name as trigger, coalesce(b.rank, 0) as rank
    from log_table l
    cross join (values (8, 'DELETE'), (16, 'UPDATE'), (32, 'TRUNCATE')) w (bit, word)
    left join lateral (
        select quote_ident(g.tgname) as name,
               -- One with a condition, or for some columns, lets the rest through. One that fires on a replica only is off.
               case when g.tgenabled in ('D', 'R') then 1 when g.tgqual is not null or (w.word = 'UPDATE' and g.tgattr <> '') then 2
                    when g.tgenabled = 'O' then 3 else 4 end as rank
        from pg_catalog.pg_trigger g
        join pg_catalog.pg_proc f on f.oid = g.tgfoid
        where g.tgrelid = l.oid and not g.tgisinternal and (g.tgtype & w.bit) <> 0
          and regexp_replace(f.prosrc, '--[^\n]*', '', 'g') ~* '\mraise\s+(?!debug|log|info|notice|warning)(exception|sqlstate|using|''|[a-z_]+\s*(;|using))'
        order by rank desc, name
        limit 1
    ) b on true
    -- Who may empty a partition may as well drop it, and no trigger is asked then.
    where l.parent is null or w.word <> 'TRUNCATE'
)
select case when bool_and(g.rank < 2) and g.parent is null then 'error' else 'warning' end, g.name,
       'is append-only, and ' || concat_ws('; ',
              'no trigger refuses ' || string_agg(g.word, ', ' order by g.word) filter (where g.rank = 0),
              'disabled is ' || string_agg(distinct g.trigger, ', ') filter (where g.rank = 1),
              string_agg(distinct g.trigger, ', ') filter (where g.rank = 2) || ' refuses on a condition, or for some columns, only',
              'session_replication_role switches off ' || string_agg(distinct g.trigger, ', ') filter (where g.rank = 3)),
       concat_ws(E'\n',
              string_agg(distinct format('alter table %s enable always trigger %s;', g.name, g.trigger), E'\n') filter (where g.rank in (1, 3)),
              '-- a statement trigger before ' || lower(string_agg(g.word, ' or ' order by g.word) filter (where g.rank in (0, 2)))
                  || format(' that raises: `daybook protect --log %s` prints it', g.name))
from guard g
group by g.oid, g.name, g.parent
having bool_or(g.rank < 4)
