-- Where the searchable pairs of organization $1 are not those of the events: a pair that is missing hides an event from a search,
-- one too many shows it where it does not belong. At most $2.
with said as (
    select a.id, f.key, f.value
    from daybook.audit_logs a
    cross join lateral json_each_text(a.facets) f
    where a.organization_id = $1::uuid and a.facets is not null
), kept as (
    select f.id, f.key, f.value from daybook.facets f where f.organization_id = $1::uuid
)
select coalesce(s.id, k.id) as id, coalesce(s.key, k.key) as key, s.value as said, k.value as kept
from said s
full join kept k on k.id = s.id and k.key = s.key and k.value = s.value
where s.id is null or k.id is null
limit $2::bigint
