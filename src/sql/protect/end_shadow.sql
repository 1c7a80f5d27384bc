-- Shadow mode ends in the same moment.
delete from daybook_shadow.watched where relation = :'table'::regclass;
