SELECT create_reference_table('app_certificates');
