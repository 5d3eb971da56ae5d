SELECT create_reference_table('frame_origins');
