-- How many events each part of a filter has by itself, at most $4: the part with the fewest finds the others' events among its
-- own. $1 organization, $2 least id, $3 first id beyond, $5 targets' ids, $6 actors' ids, $7 actions, $8 and $9 facets; one row
-- for each part, in this order, facets by key.
select 1 as part, '' as key, count(*)
from (select
      from unnest($5::text[]) as v (value)
      cross join lateral (select
                          from daybook.audit_logs a
                          where a.organization_id = $1::uuid and a.target_id = v.value and a.id >= $2::uuid and a.id < $3::uuid
                          order by a.id
                          limit (select $4::bigint)) a
      limit (select $4::bigint)) t
union all
select 2, '', count(*)
from (select
      from unnest($6::text[]) as v (value)
      cross join lateral (select
                          from daybook.audit_logs a
                          where a.organization_id = $1::uuid and a.actor_id = v.value and a.id >= $2::uuid and a.id < $3::uuid
                          order by a.id
                          limit (select $4::bigint)) a
      limit (select $4::bigint)) t
union all
select 3, '', count(*)
from (select
      from unnest($7::text[]) as v (value)
      cross join lateral (select
                          from daybook.audit_logs a
                          where a.organization_id = $1::uuid and a.action = v.value and a.id >= $2::uuid and a.id < $3::uuid
                          order by a.id
                          limit (select $4::bigint)) a
      limit (select $4::bigint)) t
union all
select 4, k.key, t.count
from (select distinct w.key from unnest($8::text[]) as w (key)) k
cross join lateral (
    select count(*)
    from (select
          from unnest($8::text[], $9::text[]) as v (key, value)
          cross join lateral (select
                              from daybook.facets f
                              where f.organization_id = $1::uuid and f.key = k.key and f.value = v.value
                                    and f.id >= $2::uuid and f.id < $3::uuid
                              order by f.id
                              limit (select $4::bigint)) f
          where v.key = k.key
          limit (select $4::bigint)) t) t
order by 1, 2
