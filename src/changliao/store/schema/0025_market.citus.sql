SELECT create_distributed_table('market_months', 'user_id', colocate_with => 'accounts');
SELECT create_distributed_table('market_lives', 'user_id', colocate_with => 'accounts');
SELECT create_distributed_table('synthetic_people', 'user_id', colocate_with => 'accounts');
SELECT create_reference_table('market_positions');
SELECT create_reference_table('market_volumes');
SELECT create_reference_table('market_seen');
SELECT create_reference_table('market_flows');
SELECT create_reference_table('market_cohorts');
SELECT create_reference_table('market_groups');
