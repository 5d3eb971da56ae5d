SELECT create_reference_table('risk_rules');
SELECT create_reference_table('risk_rulebooks');
SELECT create_distributed_table('risk_recents', 'owner_id', colocate_with => 'accounts');
SELECT create_distributed_table('risk_clearances', 'user_id', colocate_with => 'accounts');
SELECT create_distributed_table('risk_hits', 'payer_id', colocate_with => 'accounts');
