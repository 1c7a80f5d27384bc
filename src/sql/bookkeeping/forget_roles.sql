delete from daybook.roles;
