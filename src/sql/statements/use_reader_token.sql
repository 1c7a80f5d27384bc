-- For the session: the token says by itself how long it is good.
select set_config('app.reader_token', $1::text, false)
