select exists (select from :"schema".:"table")
