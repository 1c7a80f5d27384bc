create index concurrently if not exists :index_name on :relation (:column);
