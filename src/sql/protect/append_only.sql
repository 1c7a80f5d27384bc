-- Append-only: no right to change anything, in any column.
revoke update, delete on :table from :holders;

-- Row-level security makes an UPDATE touch nothing, without a word, and is not asked about TRUNCATE. A trigger is loud, and
-- holds for the owner too; ALWAYS, since session_replication_role = replica skips others. The policies hold if somebody adds
-- a permissive one. All of it on each partition as well, which may be named directly.
create or replace function :function() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $do$
begin
    raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op
        using errcode = 'insufficient_privilege';
end
$do$;
revoke all on function :function() from public;
