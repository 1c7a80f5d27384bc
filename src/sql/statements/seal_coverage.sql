-- Every organization, with the newest checkpoint of its log if there is one. For the auditor's role or the sealer's.
select (o.id is not null) as registered, c.size, c.note
from daybook.organizations o
full join (select distinct k.organization_id from daybook.checkpoints k) s on s.organization_id = o.id
left join lateral (
    select k.size, k.note
    from daybook.checkpoints k
    where k.organization_id = coalesce(o.id, s.organization_id)
    order by k.size desc
    limit 1
) c on true
