delete from daybook_shadow.before
where relation = :'table'::regclass or relation in (select p.relid from pg_partition_tree(:'table') p);
