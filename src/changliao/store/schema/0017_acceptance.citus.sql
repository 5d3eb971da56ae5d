SELECT create_reference_table('methods');
SELECT create_reference_table('terminals');
SELECT create_reference_table('acceptances');
SELECT create_reference_table('policy_drafts');
