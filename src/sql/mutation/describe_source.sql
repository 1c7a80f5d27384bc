-- Who is asking; and in which process, since a pooler tells its clients numbers of its own.
select session_user::text as role, pg_catalog.pg_backend_pid() as backend
