"""What lasts: rows in a database, bytes in a blob store."""
