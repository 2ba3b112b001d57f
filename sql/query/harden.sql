-- Takes the catalogues and what else PUBLIC need not have from PUBLIC.
select gateway.harden()
