:restored
delete from daybook_shadow.before
where part not in ('not_null', 'index')
  and (relation = :'table'::regclass or relation in (select p.relid from pg_partition_tree(:'table') p));
