-- Every organization that has events waiting, one index look-up each.
with recursive waiting (organization_id) as (
    (select q.organization_id from daybook.seal_queue q order by q.organization_id limit 1)
    union all
    select (select q.organization_id
            from daybook.seal_queue q
            where q.organization_id > w.organization_id
            order by q.organization_id
            limit 1)
    from waiting w
    where w.organization_id is not null
)
select w.organization_id from waiting w where w.organization_id is not null
