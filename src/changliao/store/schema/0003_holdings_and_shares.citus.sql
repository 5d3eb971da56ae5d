SELECT create_distributed_table('holdings', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('receivers', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('sharing', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('shares', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('share_parts', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('share_returns', 'merchant_id', colocate_with => 'accounts');
