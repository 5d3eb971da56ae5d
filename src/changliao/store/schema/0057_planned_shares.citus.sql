SELECT create_distributed_table('planned_shares', 'merchant_id', colocate_with => 'accounts');
