"""Alipay OpenAPI as its SDKs speak it: the gateway and the REST form."""
