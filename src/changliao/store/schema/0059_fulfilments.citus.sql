SELECT create_distributed_table('fulfilments', 'merchant_id', colocate_with => 'accounts');
