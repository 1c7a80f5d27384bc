delete from daybook_shadow.watched where relation = :'table'::regclass;
delete from daybook_shadow.violations
where relation = :'table'::regclass or relation in (select p.relid from pg_partition_tree(:'table') p);
