-- Partitions for the time around now, as far as they are missing.
select daybook.make_partitions();
