-- The tree of organization $1 from the row on that holds leaf $2: as many rows as hold $3 leaves, and at least one. `width` is the
-- number of ids; of a row whose ids are no list, or hold a null, there are none in `ids`.
select w.first, w.ids, w.hashes, w.least_id, w.greatest_id, w.width
from (select l.first, l.hashes, l.least_id, l.greatest_id, cardinality(l.ids)::bigint as width,
             case when array_ndims(l.ids) is distinct from 1 then '{}'::uuid[]
                  when array_position(l.ids, null) is not null then '{}'::uuid[]
                  else l.ids end as ids,
             sum(cardinality(l.ids)) over (order by l.first rows between unbounded preceding and 1 preceding) as before
      from (select l.first, l.ids, l.hashes, l.least_id, l.greatest_id
            from daybook.leaves l
            where l.organization_id = $1::uuid
              -- Rows begin where a seal ended, and a reader may begin anywhere.
              and l.first >= coalesce((select b.first
                                       from (select c.first, c.ids
                                             from daybook.leaves c
                                             where c.organization_id = $1::uuid and c.first >= 0 and c.first < $2::bigint
                                             order by c.first desc
                                             limit 1) b
                                       where b.first + cardinality(b.ids) > $2::bigint), $2::bigint)
            order by l.first
            limit $3::bigint) l) w
where coalesce(w.before, 0) < $3::bigint
order by w.first
