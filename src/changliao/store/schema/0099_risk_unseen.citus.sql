SELECT create_distributed_table('risk_unseen', 'payer_id', colocate_with => 'accounts');
