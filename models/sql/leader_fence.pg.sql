-- Whether this epoch still leads; while our transaction is open nobody can raise it. (SQLite has one process.)
SELECT epoch FROM leader_epoch WHERE name = :leads AND epoch = :epoch FOR SHARE
