select current_database()::text, current_user::text
