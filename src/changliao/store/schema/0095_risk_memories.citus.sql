SELECT create_distributed_table('risk_memories', 'owner_id', colocate_with => 'accounts');
