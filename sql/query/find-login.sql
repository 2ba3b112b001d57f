-- Who and where a connection of the /query lane is; needs no rights.
select session_user::text as role, current_catalog::text as database
