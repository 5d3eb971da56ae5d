SELECT create_distributed_table('day_ends', 'owner_id', colocate_with => 'accounts');
