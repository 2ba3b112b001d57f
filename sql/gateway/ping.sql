-- Whether the database responds.
select 1 as answer
