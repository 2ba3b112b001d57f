-- Where readers of the older schema find their columns (sql/views/legacy.sql), by a search path.
create schema legacy;
