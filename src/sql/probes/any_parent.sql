select :"keys" from :"schema".:"table" limit 1
