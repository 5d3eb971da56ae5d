SELECT create_reference_table('channels');
SELECT create_distributed_table('channel_requests', 'owner_id', colocate_with => 'accounts');
SELECT create_distributed_table('bank_entries', 'number', colocate_with => 'accounts');
SELECT create_reference_table('bank_faults');
