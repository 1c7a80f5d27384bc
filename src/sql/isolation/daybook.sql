-- Whose is the schema called daybook ($1)? Anybody who may create schemas can make one, and a view or a policy in it would run with our rights as soon
-- as it is read. Believed is what belongs to this role, or to one that it is a member of (a superuser is one of every role), and is a plain table of
-- texts.
select n.nspowner::regrole::text,
       (n.nspowner = current_user::regrole
        or (pg_has_role(current_user, n.nspowner, 'usage') and not (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user)))
       and (select count(*) = 2
            from pg_catalog.pg_class c
            where c.relnamespace = n.oid and c.relname in ('roles', 'audit_logs') and c.relowner = n.nspowner)
       and exists (select from pg_catalog.pg_class c
                   where c.relnamespace = n.oid and c.relname = 'roles' and c.relkind = 'r' and not c.relhassubclass
                     and not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)
                     and not exists (select from pg_catalog.pg_rewrite w where w.ev_class = c.oid)
                     and not exists (select from pg_catalog.pg_attribute a
                                     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                                       and a.atttypid not in ('text'::regtype, 'name'::regtype)))
from pg_catalog.pg_namespace n
where n.oid::bigint = $1::bigint
