-- As the application, in a scope: a token of its organization for the reader's connection $1, good for $2 seconds.
select daybook.reader_token($1::text, $2::bigint)
