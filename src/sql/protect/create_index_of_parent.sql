-- Not valid until every partition has its part. Writers wait for a moment.
create index if not exists :index_name on only :relation (:column);
