-- Every organization that has a checkpoint, one index look-up each.
with recursive sealed (organization_id) as (
    (select c.organization_id from daybook.checkpoints c order by c.organization_id limit 1)
    union all
    select (select c.organization_id
            from daybook.checkpoints c
            where c.organization_id > s.organization_id
            order by c.organization_id
            limit 1)
    from sealed s
    where s.organization_id is not null
)
select s.organization_id from sealed s where s.organization_id is not null
