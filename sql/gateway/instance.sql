-- Which database this is: another one after each reset.
select id from gateway.instance
