-- The row of a storefront caller: one who is unknown here gets it, and another service's user the address of now.
-- $1 caller jsonb: {userId, localId, isLinked, email, isVerified}
select external_user_id as user_id, email_address from users.ensure_caller($1)
