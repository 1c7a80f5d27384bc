-- Who is this, and does it own the schema? No row if there is none.
select current_user::text, pg_catalog.pg_get_userbyid(n.nspowner) = current_user as owner
from pg_catalog.pg_namespace n
where n.nspname = 'daybook'
