SELECT create_distributed_table('passkeys', 'credential', colocate_with => 'none');
