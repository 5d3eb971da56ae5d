SELECT create_reference_table('identity_levels');
SELECT create_reference_table('limits');
SELECT create_distributed_table('identities', 'user_id', colocate_with => 'accounts');
SELECT create_distributed_table('spendings', 'user_id', colocate_with => 'accounts');
