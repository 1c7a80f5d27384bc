delete from :"schema".:"table" where current of daybook_probe
