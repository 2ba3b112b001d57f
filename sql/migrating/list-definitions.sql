-- Which version of each file the database holds.
select file, checksum from gateway.definitions
