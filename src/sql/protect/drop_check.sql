-- NOT NULL says the same.
alter table :table drop constraint if exists :not_null;
