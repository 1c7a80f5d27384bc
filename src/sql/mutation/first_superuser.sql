-- The host may have a role `postgres` that is no superuser: its name must be free. Nobody may rename himself.
create role daybook_copy_superuser superuser login
