create database daybook_schema template template0 encoding 'UTF8'
