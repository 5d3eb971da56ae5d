"""Catalogues: the message ids are the Chinese text; English is translated."""
