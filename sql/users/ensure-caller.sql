-- The user_id here of a storefront caller; one who is unknown here gets a row.
-- $1 caller jsonb: {userId, localId, isLinked, email}
select external_user_id as user_id from users.ensure_caller($1)
