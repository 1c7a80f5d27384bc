-- Where the searchable pairs of organization $1 are not those of the events: a pair that is missing hides an event from a search,
-- one too many shows it where it does not belong. At most $2.
with said as (
    select a.id, f.key, f.value
    from daybook.audit_logs a
    -- Of what is no object, or has escapes that PostgreSQL cannot read, there are no pairs: it is no event of ours, and the seal tells.
    cross join lateral json_each_text(
        case when json_typeof(a.facets) = 'object'
                  and (strpos(a.facets::text, E'\\u') = 0
                       or regexp_replace(replace(a.facets::text, E'\\\\', '..'), E'\\\\u[dD][89abAB]..\\\\u[dD][c-fC-F]..', '', 'g')
                          !~ E'\\\\u(?:0000|[dD][89a-fA-F])')
             then a.facets
        end) f
    where a.organization_id = $1::uuid and a.facets is not null
), kept as (
    select f.id, f.key, f.value from daybook.facets f where f.organization_id = $1::uuid
)
select coalesce(s.id, k.id) as id, coalesce(s.key, k.key) as key, s.value as said, k.value as kept
from said s
full join kept k on k.id = s.id and k.key = s.key and k.value = s.value
where s.id is null or k.id is null
limit $2::bigint
