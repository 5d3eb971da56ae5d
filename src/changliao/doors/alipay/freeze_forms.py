"""Contents of the pre-authorisation methods. Units: yuan as text. Source: alipay-openapi.md §13."""

from typing import Annotated

from msgspec import Meta, Struct

from changliao.doors.alipay.forms import RequestNo, Text32, Text64, Text128, Text512


class Freezing(Struct):
    """A freeze, by whichever method."""

    out_order_no: RequestNo
    out_request_no: RequestNo
    order_title: Annotated[str, Meta(min_length=1, max_length=100)]
    amount: str
    product_code: Text64 = "PRE_AUTH"
    auth_code: Text64 = ""
    auth_code_type: Text32 = ""
    payee_user_id: Text32 = ""
    pay_timeout: Text32 = ""
    timeout_express: Text32 = ""
    extra_param: Text512 = ""


class Unfreezing(Struct):
    """A part, or all that is left, goes back."""

    auth_no: Text64
    out_request_no: RequestNo
    amount: str
    remark: Annotated[str, Meta(min_length=1, max_length=100)]


class Naming(Struct):
    """Which operation of which authorization."""

    auth_no: Text64 = ""
    out_order_no: Text64 = ""
    operation_id: Text64 = ""
    out_request_no: Text64 = ""
    operation_type: Text32 = "FREEZE"
    remark: Text128 = ""
