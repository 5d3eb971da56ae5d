SELECT create_reference_table('refund_thresholds');
SELECT create_reference_table('refund_proposals');
