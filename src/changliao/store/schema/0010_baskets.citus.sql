SELECT create_distributed_table('baskets', 'merchant_id', colocate_with => 'accounts');
