select set_config('timezone', $1::text, true)
