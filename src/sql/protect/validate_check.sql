-- Reads the whole table; others go on reading and writing.
alter table :table validate constraint :not_null;
