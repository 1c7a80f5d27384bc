-- The organization of this scope ($1), if it is registered.
select o.id, o.key, o.name from daybook.organizations o where o.id = $1::uuid
