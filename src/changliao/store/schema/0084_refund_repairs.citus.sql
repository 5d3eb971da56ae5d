SELECT create_distributed_table('refund_repairs', 'owner_id', colocate_with => 'accounts');
