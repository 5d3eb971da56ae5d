SELECT create_reference_table('refund_thresholds');
