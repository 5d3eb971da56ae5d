SELECT create_reference_table('platforms');
SELECT create_reference_table('stores');
