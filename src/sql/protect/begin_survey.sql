-- Everything is asked of one moment. Whatever is spelled from here on has its schema, wherever it runs later.
begin isolation level repeatable read read only;
