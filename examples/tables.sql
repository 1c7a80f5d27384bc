-- The business tables of the examples. Run as a superuser or the database's owner, before the examples.

create table if not exists invoices (id int primary key, paid boolean not null default false);
insert into invoices (id) select n from generate_series(1, 60) n on conflict do nothing;
grant select, update on invoices to daybook_app;

create table if not exists items (id int primary key, stock int not null check (stock >= 0));
insert into items (id, stock) values (1, 100), (2, 10) on conflict do nothing;
grant select, update on items to daybook_app;
