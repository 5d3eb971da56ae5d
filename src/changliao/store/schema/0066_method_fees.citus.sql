SELECT create_distributed_table('method_fees', 'merchant_id', colocate_with => 'accounts');
