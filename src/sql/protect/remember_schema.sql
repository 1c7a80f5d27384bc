-- What was there before, for `daybook protect --undo`, and what shadow mode records. The owner's alone.
begin;
create schema if not exists daybook_shadow;
create table if not exists daybook_shadow.before (
    relation   regclass    not null,
    part       text        not null,
    name       text        not null,
    statement  text        not null,
    at         timestamptz not null default now(),
    primary key (relation, part, name)
);
\ir owner_alone.sql
