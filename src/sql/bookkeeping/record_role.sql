insert into daybook.roles (purpose, role) values (:'purpose', :'role');
