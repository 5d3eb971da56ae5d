SELECT create_distributed_table('pay_codes', 'code', colocate_with => 'none');
