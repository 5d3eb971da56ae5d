SELECT create_distributed_table('payouts', 'merchant_id', colocate_with => 'accounts');
SELECT create_distributed_table('payout_batches', 'merchant_id', colocate_with => 'accounts');
