-- What an interrupted run left; it is not used, and still costs every write.
drop index concurrently if exists :qualified_index;
