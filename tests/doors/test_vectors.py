"""Published vectors: what the documentation's sample merchant signed, and what we encrypt.

Source: wechatpay-v3.md §14: the merchant 1900007291, timestamp 1554208460.
"""

from changliao.doors.wechatpay import crypto

PUBLIC_KEY = b"""\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptpm+qvIDCh/9wjU26SQ
CK26ogYkBhDrYxnAaw2JbbBsp1oDbHKk+1r381NeBUG2HEFAuU+Fr72u5ot3yKdz
oF/FajAzQNKnm569/D3upKoi8mYBaST15Uig8j8qoUW1U217LL0jEHlSnHV3lcaD
TXqDpTRR4Bfz9IqOgJgFZ8/oTfEomSrjrLYef81Eyxr7ZIMQXEKKEK7V4UXKS0+/
fDsiG/cXidhzt8UbTL9vqXqxM2+IDImyO+FAc/tkBG55LmzxPto1Nq0WbnZzRM/w
Tzrd0I/8NlevxtFbphg4evlHjFNI7+GrqR87ViEwuAJJ9Je5QQjct5YJfFRWiZ5C
MQIDAQAB
-----END PUBLIC KEY-----
"""
TIMESTAMP, NONCE = "1554208460", "593BEC0C930BF1AFEB40B4A08C8FB242"
REQUEST = (
    "Lc9VXxmeonkdV8Xk9tmigQFLhl0vRWTerdmoRu01aAnYwIrD/5nsSwE1WlmZGLRlAFTNQ3QsMa0+VRDlJp1Wp5"
    "p0nO8EK68b5sJBbjouxaFciIfq1zfDWWz+jqhcMoKXI1A6dPm1AW7D4d30WsMTNzp6g23OXakIsh9LO3lUmwvT"
    "uE0BY8ncf6tNGk4wKmvXwERd/ZpoQY3MAVKz+Nakwc+2XBmzT66KcUehU5kr4IvGa/lEU5RZb/q00zP9VLdBhC"
    "/jQSX3X1UcJLCtEc4gTmib4tnmAT+bHF/e17ZAuxDNcx6rqT8gNEXqaJGG+1OflMSTU2tpyG65G4dMKdFcoA=="
)
JSAPI = (
    "mI35pfNEQV6777ke/1T+LJLQDNTm7yeoUJH+j/adPGhmCCi0PbgkvYQTRcXH0uibcLVtvFLdGLpmoYO9FV6lBB"
    "sTAjuhh5YOvQi0e2g3e0yytitiNET9FEuqM0pjnKfRW4K6LIZDdbWJv9KhZUx3DrJa5TL7OJ7VdADVivxVySIl"
    "PVKjGwuCXzuXSJes0UcILgWQUMyha5/3nYofuHtS7r+KYyMuxD+oJ9VM1Qdxk4UIG59CP5Y3wtYIFybyF3bdu1"
    "caHTRRX+DLyMXyYA/IrTmiW01c4RPjpHBX5Dk1sZyY1zVsWNsvMHr2e1NTWtBxKJ+qk5N61J7caYoepHFaxw=="
)
APP = (
    "gXx9KhTP6IooKV1SuG3OCGlBIgZbKtubCZvnau6khw1iffvNT28IzLbKmztq2xA/RCNbZa1XOsoiuVmAEeTZQi"
    "cWfhv4P+O4oBRIrx0X9f3cnWFkMBU9alTWs0nyQ1N9fcILOTe0f4kxOhVh+/Xhn5hOiUK7Sz3XA1mcpa3R2NCW"
    "f/e+0ow/RDf15iTymOHgDrEkT/gedg/3E0iXfDX3mFicSZhrHESZDOTXcl9RzELREBUFznd/o2NQM99WcL86m2"
    "3HY0cTy+QGWU4QDmNrbQ9ihmLW71qPb0Cx/d7EQvw/Kyx0A6s64ZQp3hHdcmiRcLnjVXrKCk7LShaCK+lS3Q=="
)
PREPAY_ID = "wx201410272009395522657a690389285100"
API_KEY = "0123456789abcdef0123456789abcdef"
PLAIN = b'{"mchid":"1900007291","trade_state":"SUCCESS"}'
SEALED = "+P27xOa19u0Ugw42q1rRGFNYE7HOwOUqDEkp5fxO47eZaTkY+LOL2LpCDo6CBSxmURk9ciPT+rZCe2K9m+0="


def test_a_published_request_verifies() -> None:
    target = b"/v3/refund/domestic/refunds/123123123123"
    message = crypto.request_message("GET", target, TIMESTAMP, NONCE, b"")
    assert crypto.verifies(PUBLIC_KEY, message, REQUEST)
    assert not crypto.verifies(PUBLIC_KEY, message + b" ", REQUEST)
    assert not crypto.verifies(PUBLIC_KEY, message, REQUEST[:-4])
    assert not crypto.verifies(PUBLIC_KEY, message, "no base 64!")


def test_published_pay_signs_verify() -> None:
    for fourth, signature in ((f"prepay_id={PREPAY_ID}", JSAPI), (PREPAY_ID, APP)):
        message = crypto.lines("wx2421b1c4370ec43b", TIMESTAMP, NONCE, fourth)
        assert crypto.verifies(PUBLIC_KEY, message, signature)


def test_a_callback_is_encrypted_as_published() -> None:
    assert crypto.seal_with(API_KEY, "61f9c719728a", PLAIN, "transaction") == SEALED
    assert crypto.unseal(API_KEY, "61f9c719728a", SEALED, "transaction") == PLAIN
    assert crypto.unseal(API_KEY, "61f9c719728a", SEALED, "refund") is None


def test_a_nonce_is_used_once() -> None:
    made = {crypto.seal(API_KEY, PLAIN, "transaction") for _ in range(100)}
    assert len({nonce for nonce, _ in made}) == 100
