-- What the files made, by the records of earlier migrations.
select kind, name, file, retired_in from gateway.objects
