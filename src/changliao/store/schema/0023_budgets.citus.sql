SELECT create_distributed_table('budgets', 'owner_id', colocate_with => 'accounts');
SELECT create_distributed_table('budget_takers', 'owner_id', colocate_with => 'accounts');
SELECT create_distributed_table('coupons', 'owner_id', colocate_with => 'accounts');
SELECT create_distributed_table('discounts', 'merchant_id', colocate_with => 'accounts');
