-- SQLite has one writer: the transaction itself is the lock.
SELECT json_array_length(:names) AS locked
