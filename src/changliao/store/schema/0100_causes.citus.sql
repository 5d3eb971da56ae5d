SELECT create_distributed_table('causes', 'cause_id');
