-- Settings of the load's transaction: quiet status triggers (sql/orders/triggers.sql); times without an offset are UTC;
-- memory for sorting and hashing what can be 34 million rows; no limit on the time that takes, but on waiting for
-- others; plans fitted to the tables at hand, which have just been filled.
select set_config('db_service.loading', 'on', true), set_config('db_service.stock_reason', 'import', true),
  set_config('timezone', 'UTC', true),
  set_config('work_mem', '64MB', true), set_config('maintenance_work_mem', '256MB', true),
  set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
  set_config('lock_timeout', '60s', true), set_config('plan_cache_mode', 'auto', true), set_config('jit', 'off', true),
  current_setting('server_encoding') as encoding
