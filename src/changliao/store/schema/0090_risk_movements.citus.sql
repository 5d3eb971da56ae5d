SELECT create_distributed_table('risk_moved', 'owner_id', colocate_with => 'accounts');
