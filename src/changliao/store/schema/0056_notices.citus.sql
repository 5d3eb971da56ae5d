SELECT create_distributed_table('notices', 'merchant_id', colocate_with => 'accounts');
