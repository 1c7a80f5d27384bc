-- For the transaction only: behind a pooler, the server connection goes to somebody else after it. And which one is this?
select pg_backend_pid() as backend, set_config('app.reader_token', $1::text, true)
