SELECT create_reference_table('channel_differences');
