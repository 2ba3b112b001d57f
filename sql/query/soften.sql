-- Gives PUBLIC back what was taken, where it no longer is to be.
select gateway.soften()
