-- Lets the /query role read what tables there are now.
select gateway.renew_rights()
