-- What names libraries or tablespaces of the server that the copy's has not.
where s.name not like '%preload\_libraries' and s.name not in ('temp_tablespaces', 'default_tablespace')
