-- The reader's sessions serve people of different organizations: what one types is not shown to the others. Run by an
-- administrator; safe to run twice. :"reader" and :'reader' stand for the role's name.

alter role :"reader" set default_transaction_read_only = on;

do $do$
begin
    execute pg_catalog.format('alter role %I set track_activities = off', :'reader');
exception
    when insufficient_privilege then
        raise warning 'only a superuser can keep the statements of % out of pg_stat_activity, where its sessions see each other''s',
            :'reader';
end
$do$;
