SELECT create_distributed_table('tenders', 'payer_id', colocate_with => 'accounts');
