SELECT create_distributed_table('nonces', 'owner_id', colocate_with => 'accounts');
