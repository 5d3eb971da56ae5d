SELECT create_distributed_table('disputes', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('dispute_notes', 'merchant_id', colocate_with => 'accounts');
