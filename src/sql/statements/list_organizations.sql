-- Every organization, by key. For the owner.
select o.id, o.key, o.name from daybook.organizations o order by o.key
