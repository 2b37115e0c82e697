// SQLiteEventStore
