SELECT create_distributed_table('key_uses', 'owner_id', colocate_with => 'accounts');
