"""WeChat Pay APIv3 as its SDKs speak it."""
