fetch next from daybook_probe
