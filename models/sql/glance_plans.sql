-- Until when the membership period of each member goes that runs now.
SELECT member_id, ends_at FROM membership WHERE member_id {{of_members}} AND state = 'active'
