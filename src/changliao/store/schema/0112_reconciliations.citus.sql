SELECT create_reference_table('reconciliations');
