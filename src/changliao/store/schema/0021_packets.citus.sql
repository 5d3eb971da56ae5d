SELECT create_distributed_table('packets', 'giver_id', colocate_with => 'accounts');
SELECT create_distributed_table('packet_claims', 'giver_id', colocate_with => 'accounts');
