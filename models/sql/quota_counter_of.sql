SELECT * FROM quota_counter WHERE id = ({{quota_of}})
