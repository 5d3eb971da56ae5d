SELECT create_distributed_table('media_files', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('applyments', 'provider_id', colocate_with => 'accounts');
SELECT create_distributed_table('hold_terms', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('spent_codes', 'owner_id', colocate_with => 'accounts');
