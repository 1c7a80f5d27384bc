-- Locks a transaction that the host began to the organization $1, and says which role it runs as.
select
    current_user::text as role,
    daybook.set_tenant($1::uuid) as locked
