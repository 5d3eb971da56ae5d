"""The protocol's published vectors, as text. Source: alipay-openapi.md §20."""

APP_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzlXjt5jfIC+MDgHsUrK+wIbsH37AGFfKMPpIJ7bbJWEM"
    "lOkcQCY4KU227p2aOKgTEC4VDcupVv6QUWdp40c5Muntw3w8/Ma+avfBUhoaZxsKiFw8UwgGJdQw64k0ETksgrTB"
    "zag8m76zf2zaK9bZ/5D8Pk6r6zMjQ+jS70WY0OgzqDxczNFh+yUzD0AQksU2jldJzrpBDXTPE7r6IK+OKWmASpWG"
    "0bQ7G1Mvh7WctQh/E+oXpSOAaA2/SlFYYgk+Gulqpp+KDMKxDLVZtcAvN1xU3M/8Os7ZFaR92fIFFdgq3Qs0PH9b"
    "zD4xrsiNN0kLZy9ERgDBaTaVpW8s6vtjuQIDAQAB"
)
GATEWAY_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqFOAGMVrYeB/GRb8x5mp59hBBUP1lfJtLpWWAszCGuQv"
    "EWSUCvvw5jtY2FmnVIVHbXxuroOZK306+RNvqlqWhreW1j7UXK2Qgjzt+CFtZGOEW20qeb9AUuKb5KPepZPTC322"
    "uTMB3GwKSeNMXDI/H4Po1faN5DJA6YnTlpDxAedrp95wvkbyUsglz6MvWz0DNm5H5aJeX9Dav9AoKnNCSf8rtafS"
    "B1NwK7sktzKSq1M8sqoqURaW6v+t0ZcerhUdTvHhJJNmo2EQsF1y4w9bFwDHpQd2mJVWN9pW9jUgyZbQtya1vujO"
    "2YsesW8raFv+XORXn1Zi6txrd6fP6PGyHQIDAQAB"
)
CANONICAL = (
    'app_id=2021000000000001&biz_content={"out_trade_no":"T1","total_amount":"0.01","'
    'subject":"测试 a&b=c"}&charset=utf-8&format=json&method=alipay.trade.precreate&not'
    "ify_url=https://m.test/n?a=1&b=2&sign_type=RSA2&timestamp=2026-11-23 17:32:37&ve"
    "rsion=1.0"
)
NODE = (
    '{"code":"10000","msg":"Success","out_trade_no":"T1","qr_code":"https:\\/\\/pay.exa'
    'mple\\/q\\/1","store_name":"一号店"}'
)
NOTIFIED = (
    "app_id=2021000000000001&auth_app_id=2021000000000001&buyer_id=2088722003899169&b"
    'uyer_pay_amount=0.01&charset=utf-8&fund_bill_list=[{"amount":"0.01","fundChannel'
    '":"ALIPAYACCOUNT"}]&gmt_create=2026-11-23 16:26:32&gmt_payment=2026-11-23 16:26:'
    "43&invoice_amount=0.01&notify_id=2026112301222162644199160501632046&notify_time="
    "2026-11-23 16:26:45&notify_type=trade_status_sync&out_trade_no=T1&point_amount=0"
    ".00&receipt_amount=0.01&seller_id=2088721003899159&subject=a&b=c&total_amount=0."
    "01&trade_no=20261123220014991&trade_status=TRADE_SUCCESS&version=1.0"
)
RETURNED = (
    "app_id=2021000000000001&auth_app_id=2021000000000001&charset=utf-8&method=alipay"
    ".trade.page.pay.return&out_trade_no=T1&seller_id=2088721003899159&timestamp=2026"
    "-11-23 17:40:00&total_amount=0.01&trade_no=2026112322001499160501586202&version="
    "1.0"
)
REST_TEXT = (
    "app_id=2021000000000001,nonce=4d176cfc-32e3-4534-a16c-83643b6d7a1a,timestamp=179"
    '5426358936\nPOST\n/v3/alipay/trade/query\n{"out_trade_no":"T1"}\n'
)
REQUEST_SIGNATURE = (
    "yE+OR/ND7ZtRN98DtMicrlqKGgNW/CHO2hBBjmEyumMmiDtT3WRgfwq0JQkHFO351kmGpfp3MQPjRFGsEpnRVBzM"
    "DPTyKnmL0ggPPVyDY1MzlQDJ7BsqaLrL/w55RK2j4IyNYmW3X04DntfjjY/MHSx2TuH6324JP74mV7gc0Gk13DHa"
    "7iljLhLVe9OvPsK5F2J4Dky98QFIpgYcifuASoXiqCuERBIj694T5Fg8gAOo5C8by3fpU8azfMOGCFRvVNp+a0ln"
    "QrnZ643FEjqi//UKCR6xWNw8qQ8opCCjZ2ouxS7GZMjaMkggf2SSeKVf9HabUdhPfCbBv9w7pUtHQg=="
)
REQUEST_SHA1_SIGNATURE = (
    "qYRO0tsp+8gdt5u3jQFKBBuDYbQUYgdzLTkEnY530HxmilgiCY/14/FwWNdExeeRRH4nty1hmyg2e5b4x+HcIp/M"
    "Lg4orB1XKdkJ/r+nCyS/NSGknNk6Q2xoZcZyYvQZM16QHHcso7tdsKoMJipqPU3YCiEcQez81XGH1VsxuzkmMlsl"
    "klELTyJwpD7+BAs5ND0SKlRESR3Xo1rg8f99QyRG7NchuwZSS+Vk27z6N5gDRqCqb5QoCJHkHyQqU1i5cwFNYeL9"
    "9s9lR+QlaEHZjpWqxF9EWMu4LZMSB33TJ4+Sb8glbrqHXwX9MY5VODhTiuGF17yKv6pnw5gpVEVp+Q=="
)
NODE_UTF8_SIGNATURE = (
    "CAXqymWh0Cl1cVfH1XMZy2fD3+3CHIlCGqqqtnNTB7LPO+zAVfOIWGVUhKh7mwwi/LeSTiJvp3/T8N+Lo/xzoEmw"
    "WY57cLHCCDE4aE1vOLx0suZMbk7vD/07+ROaCycNFMyS7QThcOKTllMQ6Sa0/ub1rsDqAoLOKboOE2ouSp1WnkGx"
    "62BwEMiPZayRjstUVVqp8YM98QMEDHOGnELBcwDvc7PCrbfjE/m3v0C4E7k50UxLmAB2gbQYGh38aoGdbVtv3bPj"
    "8AtWc/sWJ3TqE6lxHODM8c7vVt6Nn13ShJly7qFbXBH8XTEyBV6LnUA0tGw+EjLe8e0vP2ITTEraIw=="
)
NODE_GBK_SIGNATURE = (
    "oLNs6xD1AL4vOragmtjZJmB2BhvpvhcOn7YOB6xw1F+RpvP0Sd94QPTrImbFXj95rKd/KDJ5JL2M0K2bx+3g58NB"
    "tTWd2/no0s05RkjYTCSHBKF14IFKcqQDT7qZP2ojCV5gSW9hzZycTZuAw27GE+BBRFDKFRLINOvUSdvMvzLg8+0Y"
    "sFUt7V5FprvR4f7EEWe+o8K6+C13feTkaX+853SQItYKzE9mJWNIz619gqHoXNxBNLkaVqHk+ZcUSY8FdPjlCp8n"
    "+wjiSg4d+/RgxOy/U7e+HHazK/+kdmE/2bfcQT2QUtP6byJZaQLn6Jkm4QyW1xx8q3nOyOlQL1s66A=="
)
NOTIFICATION_SIGNATURE = (
    "SCnvYPU4Hoke8CWt2x10b1WCkvlU0c2WPfWXDTQZRu27/P8ar59Lh8g+QdA4nAtRFcLm0XoW2MsZio2YU0V9yRZL"
    "KxLTAsW6kaTR/dT3TyTv9qv3lISsE2dhD81pPT51xepqI/50IY/pgZjE/TEWJPM4wOItR78rjbcWpx7qsrzDJepo"
    "qrmH+1W/oHYSf7sfH1AY+XP/U5nqYPI7tYblQv46aJuMMRvXoj8Q+ExqmG/Gc87Xoyb95D7KCV5d7uHo6H8NnNgb"
    "gQqvyRcmTBJkhN9LZ1wK1Zo7WWMlgW2p9gDfHmAsgl8+yDwIYNwap3OOVlwd6uMj5zek/zYbs55x3Q=="
)
RETURN_SIGNATURE = (
    "ibiemgmSx/WC4L10uy5j+OCkCUH37FPXp5lp6/Zaiz4Sf70uyevC42HrnO9Qe9A19BOpCz20bua1bnkhUswHj7U7"
    "ujcwG08AFDM7ih2K1Oq5ncsbZuGnvQK8n/DkOnW82YlNtKiV58BD32Y7RviymmfIHro05+Hi3FL21JbpS5obMYX+"
    "GOpTtffiMWbkFWTf924o1oCbDqRbm6KWCsvAmLCQBCGdtw6cSl0FoX6AdevZ1IBuh+ZiFocRPpJZXPqHT5NweCzr"
    "pCdnh8uUdXURtE+bqDJwllzZiFF+gt4QE2p014RCV9Y77KGDARF++1Slnt702AbPRrAcAgc15JTqug=="
)
REST_SIGNATURE = (
    "udncZN1SiRH9nf8f9wXbWuRrOYv9NoGF7vcHlMdrC/gS1tt5i6knQVCKmzINiWNTO94C/tkX3u9p4SQdj+MBVY6S"
    "20DzvCqP/BbnFJcPfRZmdiVtOVOXLUCtTj9VbbqhMdw2Cpoxl9gkaHMwrWa4FV9Y1rBihrY1ozxnU+gBF4QP4WDU"
    "8GRGv2dmveVEeNbbHWgwkOiQ/wUbDZSdpEJSZn0AoE1dUNMB7YLb6Eqjgw8spsToRS3Ess5nk/zO12MD7VXn9YMa"
    "cIuyY+kpp1F1aH6nHciKDV5hlGx2eg47BV6oodswjDvQNEOczui1WkPXPmBOw6H3j+dWLxdq6xeWNQ=="
)
REST_TOKEN_SIGNATURE = (
    "gQDH6ecUdrBCJwrO/5DkfNb5GXodDqhmxAx+tCdvgAHT7VJBK0gFlSJ4GpVlPNRcGZbIl4RhyFqdMeotq+t2eACG"
    "t58OXyLdHIFbHrSekp0Po/opKk8zPB+azpoRGqoqkOq2QUnj8YzN8hOKWh4H8QB/ayT8ZsouK3OXz6rYj4tD5F2I"
    "bxcBsx5jzdLS/ReZXrNtSKgEA9wU3FdpjK3BMxsx3W6/SedNyCvavThPhiF0IGdLXOdssNmonDughKmiYbcBA9+v"
    "McSayXmYQp0BAJ5robzuFL3aYVO8ayuT3SlbJkYZkO+xdljdTK9AQ0fl1HbvpJPNXOkLTVqMEke0dA=="
)
REST_GET_SIGNATURE = (
    "wBvoh6S63CLlBndWQsVMNBLEqMu2WihTdx7XM0+2BAbJi2G972XA/njV5pAMGJv1TkXQXEhJx9cg7R34LW0IoUpk"
    "rlw09gneyOxpMKQ4ACRR8hOU/0erirN387PcEB2b5rr44GlFRPyCNOv42IiddGnDkH5hHtb69ZWpdRxNDLMEnSqS"
    "hWGiCBAW7LyWnqu8GVRgQCBYiiKjFeDpjNb1KEjFG/M5HwzbBqLgxxBj0yU8Ooy/0InVmSUdW+unJEuY14JCqOG3"
    "07uuYZIUqNwTPq5hd8Gn/nxb8+yNa7HjFOSzvbPKoZ+hglE8Jr3njRtzPQxK7FcUCElRG3S7vp/tNA=="
)
REST_ANSWER_SIGNATURE = (
    "juBfXiwk6t5cjd53OW+2dPRZsE6th9o4nmNdW0ZyAC6zuWSe/OUPBHMMmMNaNwg9DxLuOnJy7SCTAenMesbvU+kg"
    "3TRpZe6//hIeRwA5X8MiqbvPcGivPiiOuqDZWYhxPmlgWdSlIZiS+6JMIGOpFODs2J1QMDSl1rfoyRyI9J4NnAAC"
    "ArvT251tVPPhinlXeYvj8zF131tmZo4QeImyEu9OZfVC0FYfTohGb+DAf2LY+iZ/g2oZdaOhP1JE4SJYYBnfsF7r"
    "EHumgz6yNe1KZdhjPuuAFDjyQP53GKNMRaTsMzVucXlxowyeCDFhnil6NA2CgPGj4gPAcbvqmTCSAg=="
)
SEALED_SIGNATURE = (
    "cOFVR37abMkuTXjwYDH+yvC1QT0AT5UjZ2zO9FbCk++w3FCGw5Wu8b797lwFT1VgpjD0QbG4/dVW1w9NvMxG4P2K"
    "j/mEKH0G1eyQ49qWwhdIFDnEDQbciHXcvMmLTdN+GU1Rqq4lb/8mlHQw/KDccarYMX7TakyUJ4+jP4QmD3B/0j0Z"
    "p+B5MQ+SX1w5N6/ks96WF4igeCexNcP6KXUq47Wyykf7EvuUavD43JLrUJfJJ9sNGYuWPQ7Piu5n30OcOgrvi2WK"
    "CHqIs9HAgNZh0jtAcwM1HiJ5SjLdYydohkLeTpY0XPZp/qKZmitZexwsuJqhlIyTniiObzTy4TeOWA=="
)
