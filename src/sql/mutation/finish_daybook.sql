-- A copy of Daybook's schema signs the tokens of its readers with a key of its own.
do $do$
begin
    if pg_catalog.to_regprocedure('daybook.change_reader_key()') is not null then
        perform daybook.change_reader_key();
    end if;
end
$do$
