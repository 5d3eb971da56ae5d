SELECT create_distributed_table('group_bills', 'payee_id', colocate_with => 'accounts');
SELECT create_distributed_table('group_shares', 'payee_id', colocate_with => 'accounts');
