-- The check proves it, so this reads nothing.
begin;
alter table :table alter column :column set not null;
alter table :table drop constraint if exists :not_null;
commit;
