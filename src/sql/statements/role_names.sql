select r.purpose, r.role from daybook.roles r order by r.purpose, r.role
