-- The tree of organization $1 from leaf $2 on: as many rows as hold $3 leaves, and at least one.
select w.first, w.ids, w.hashes
from (select l.first, l.ids, l.hashes,
             sum(cardinality(l.ids)) over (order by l.first rows between unbounded preceding and 1 preceding) as before
      from (select l.first, l.ids, l.hashes
            from daybook.leaves l
            where l.organization_id = $1::uuid and l.first >= $2::bigint
            order by l.first
            limit $3::bigint) l) w
where coalesce(w.before, 0) < $3::bigint
order by w.first
