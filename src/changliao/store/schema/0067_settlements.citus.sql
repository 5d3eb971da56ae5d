SELECT create_distributed_table('settlement_cycles', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('settlements', 'merchant_id', colocate_with => 'accounts');
