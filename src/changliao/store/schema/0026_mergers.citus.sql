SELECT create_reference_table('mergers');
