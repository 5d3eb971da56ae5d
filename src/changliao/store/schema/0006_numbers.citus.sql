SELECT create_distributed_table('party_numbers', 'party_id', colocate_with => 'accounts');
SELECT create_distributed_table('numbered_parties', 'number', colocate_with => 'none');
