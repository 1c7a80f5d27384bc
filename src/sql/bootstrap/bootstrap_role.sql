-- One login role, without any power of its own. Run by an administrator who may create roles; safe to run twice.
-- :"role" and :'role' stand for its name.
--
-- No password is set here: set one with psql's \password, or use peer, certificate or IAM authentication.

do $do$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = :'role') then
        create role :"role" login nosuperuser nobypassrls nocreaterole nocreatedb noreplication noinherit;
    elsif exists (select from pg_catalog.pg_roles where rolname = :'role' and (rolsuper or rolbypassrls)) then
        raise exception 'role % exists and is not bound by row-level security (superuser or BYPASSRLS)', :'role'
            using hint = 'take the attribute away, or choose another name';
    end if;
end
$do$;
