-- For the transaction only: behind a pooler, the server connection goes to somebody else after it.
select set_config('app.reader_token', $1::text, true)
