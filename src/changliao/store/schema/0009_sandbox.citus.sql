-- Few rows, and none in production.
SELECT create_reference_table('sandbox_rules');
SELECT create_distributed_table('sandbox_requests', 'merchant_id', colocate_with => 'accounts');
