-- A check that is not validated yet needs its lock for a moment only, and binds whatever is written from now on.
alter table :table
    drop constraint if exists :not_null,
    add constraint :not_null check (:column is not null) not valid;
