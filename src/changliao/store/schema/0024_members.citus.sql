SELECT create_reference_table('members');
SELECT create_reference_table('member_sessions');
SELECT create_distributed_table('acts', 'act_id', colocate_with => 'none');
