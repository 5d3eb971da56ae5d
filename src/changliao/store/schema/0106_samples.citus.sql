SELECT create_distributed_table('test_exchanges', 'merchant_id', colocate_with => 'accounts');
