package main

import (
	"context"
	"encoding/json"
	"reflect"

	"changliao.test/drivers/lines"
)

// Send a content as one of the SDK's types; false when the type has not all of its fields.
type send func(content map[string]any, notifyURL string) (bool, error)

func (shop *Shop) typed() map[string]send {
	sdk := shop.client
	return map[string]send{
		"alipay.data.dataservice.bill.downloadurl.query": as(sdk.BillDownloadURLQuery),
		"alipay.fund.account.query":                      as(sdk.FundAccountQuery),
		"alipay.fund.auth.operation.cancel":              as(sdk.FundAuthOperationCancel),
		"alipay.fund.auth.operation.detail.query":        as(sdk.FundAuthOperationDetailQuery),
		"alipay.fund.auth.order.freeze":                  as(sdk.FundAuthOrderFreeze),
		"alipay.fund.auth.order.unfreeze":                as(sdk.FundAuthOrderUnfreeze),
		"alipay.fund.auth.order.voucher.create":          as(sdk.FundAuthOrderVoucherCreate),
		"alipay.fund.trans.common.query":                 as(sdk.FundTransCommonQuery),
		"alipay.fund.trans.uni.transfer":                 as(sdk.FundTransUniTransfer),
		"alipay.trade.cancel":                            as(sdk.TradeCancel),
		"alipay.trade.close":                             as(sdk.TradeClose),
		"alipay.trade.create":                            as(sdk.TradeCreate),
		"alipay.trade.fastpay.refund.query":              as(sdk.TradeFastPayRefundQuery),
		"alipay.trade.order.settle":                      as(sdk.TradeOrderSettle),
		"alipay.trade.orderinfo.sync":                    as(sdk.TradeOrderInfoSync),
		"alipay.trade.pay":                               as(sdk.TradePay),
		"alipay.trade.precreate":                         as(sdk.TradePreCreate),
		"alipay.trade.query":                             as(sdk.TradeQuery),
		"alipay.trade.refund":                            as(sdk.TradeRefund),
	}
}

func as[Q, R any](call func(context.Context, Q) (R, error)) send {
	return func(content map[string]any, notifyURL string) (bool, error) {
		text, err := json.Marshal(content)
		lines.Must(err)
		var asked Q
		if json.Unmarshal(text, &asked) != nil || !whole(asked, content) {
			return false, nil
		}
		if notifyURL != "" {
			reflect.ValueOf(&asked).Elem().FieldByName("NotifyURL").SetString(notifyURL)
		}
		_, err = call(ctx, asked)
		return true, err
	}
}

// Does what was made say all that was given?
func whole(made any, given map[string]any) bool {
	text, err := json.Marshal(made)
	lines.Must(err)
	var said map[string]any
	lines.Decode(text, &said)
	for name, value := range given {
		if part, nested := value.(map[string]any); nested {
			inner, found := said[name].(map[string]any)
			for key := range part {
				found = found && inner[key] != nil
			}
			if !found {
				return false
			}
		} else if said[name] == nil {
			return false
		}
	}
	return true
}
