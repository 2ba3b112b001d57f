-- $1 order_id bigint
select order_id, version, details as document from bench_reference.order_documents where order_id = $1
