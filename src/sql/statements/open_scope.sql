-- Locks the transaction that was just begun to the organization $1, and says what the connection carried before:
-- anything but '' came from somewhere else.
select
    coalesce(current_setting('app.org_id', true), '') as carried,
    current_user::text as role,
    daybook.set_tenant($1::uuid) as locked
