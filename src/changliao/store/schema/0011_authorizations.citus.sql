SELECT create_distributed_table('authorizations', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('authorization_steps', 'merchant_id', colocate_with => 'accounts');
