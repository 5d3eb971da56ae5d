SELECT create_distributed_table('kept_answers', 'owner_id', colocate_with => 'accounts');
SELECT create_distributed_table('webhook_tests', 'merchant_id', colocate_with => 'accounts');
